"""The toy problem of the papers on CAGrad and Nash-MTL: two numbers, two losses, and valleys to be caught in.

Liu et al., 2021, and Navon et al., 2022, whose five starts these are. Adam, as there, with larger steps: 0.005 in a
valley, and more where the ground is flat.
"""

import pytest
import torch
from torch import Tensor, nn

from study.learning.balancing import Balancing, StepLosses
from study.learning.balancing.mgda import MGDA
from study.learning.balancing.pcgrad import PCGrad
from study.learning.balancing.weighted_sum import WeightedSum

BEHIND_A_VALLEY = [(-8.5, 7.5), (9.0, 9.0)]
OTHERS = [(0.0, 0.0), (-7.5, -0.5), (9.0, -1.0)]
FLAT = (0.05, 400)
"""A learning rate and a number of steps."""
FRONT = -8.4
"""Its second number; the first is in -7..7."""


def part_above_0(values: Tensor) -> Tensor:
    # Not clamp, whose slope at 0 is 0 by now: the start at (0, 0) would be an end.
    return torch.where(values >= 0, values, 0.0)


def losses(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return both losses of several points, shape (N, 2)."""
    first, second = x.T
    bend = torch.tanh(-second)
    above, below = part_above_0(torch.tanh(second / 2)), part_above_0(torch.tanh(-second / 2))
    valleys = [(-first - 7) / 2 - bend, (-first + 3) / 2 + bend + 2]
    bowls = [((aim - first) ** 2 + 0.1 * (-second - 8) ** 2) / 10 - 20 for aim in (7, -7)]
    one, other = (
        (valley.abs().clamp(min=5e-6).log() + 6) * above + bowl * below
        for valley, bowl in zip(valleys, bowls, strict=True)
    )
    return one, other


def descend(method: type[Balancing], starts, *phases) -> list[tuple[float, float]]:
    """Return where a method leads from some starts.

    Args:
        method: A balancing each start.
        starts: The points.
        phases: Of Adam, a learning rate and a number of steps each.
    """
    points = [nn.Parameter(torch.tensor(start)) for start in starts]
    balancings = [method() for _ in starts]
    for rate, num_steps in phases:
        optimizer = torch.optim.Adam(points, lr=rate)
        for _ in range(num_steps):
            optimizer.zero_grad()
            step(points, balancings)
            optimizer.step()
    return [tuple(point.tolist()) for point in points]


def step(points, balancings) -> None:
    """Find the gradients at all points; both losses' own are found together, for speed, and handed on as slopes."""
    together = torch.stack([point.detach() for point in points]).requires_grad_()
    values = losses(together)
    slopes = [torch.autograd.grad(one.sum(), together, retain_graph=True)[0] for one in values]
    for number, (point, balancing) in enumerate(zip(points, balancings, strict=True)):
        there = {task: (slope[number] * point).sum() for task, slope in enumerate(slopes)}
        balancing.find_gradients(StepLosses(losses=there, totals={0: 1.0, 1: 1.0}, shared=[point], own=[]))


def on_front(point: tuple[float, float]) -> bool:
    return -7.1 <= point[0] <= 7.1 and abs(point[1] - FRONT) < 0.3


@pytest.mark.parametrize(("method", "num_steps"), [(MGDA, 2000), (PCGrad, 4200)])
def test_from_all_starts_the_front_is_reached(method, num_steps):
    ends = descend(method, BEHIND_A_VALLEY, (0.02, 200), (0.005, num_steps), FLAT, FLAT) + descend(
        method, OTHERS, FLAT, FLAT
    )
    assert all(map(on_front, ends)), ends


def test_the_sum_of_losses_is_caught_in_a_valley_from_two_of_them():
    caught = descend(WeightedSum, BEHIND_A_VALLEY, (0.02, 200), (0.005, 4200))
    assert all(second > 1 for _, second in caught), caught
    ends = descend(WeightedSum, OTHERS, FLAT, FLAT)
    assert all(map(on_front, ends)), ends
