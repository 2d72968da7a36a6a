"""Steps that suit several gradients, by hand and by other solvers."""

import math

import pytest
import torch
from torchjd.aggregation import FairGradWeighting
from torchjd.scalarization import FAMO as OtherFAMO  # noqa: N811

from study.learning.balancing.cagrad import CAGrad
from study.learning.balancing.famo import FAMO
from study.learning.balancing.mgda import MGDA
from study.learning.balancing.nash_mtl import NashMTL
from study.learning.balancing.pcgrad import PCGrad


def combined(made, *gradients):
    """Return the step for these gradients."""
    matrix = torch.tensor(gradients, dtype=torch.float64)
    return (made.weigh(matrix @ matrix.T) @ matrix).tolist()


def test_pcgrad_takes_from_each_of_two_gradients_what_is_against_the_other():
    # g1 - (g1.g2 / g2.g2) g2 = (1, 0) + (1/2)(-1, 1) and g2 - (g1.g2 / g1.g1) g1 = (-1, 1) + (1, 0).
    assert combined(PCGrad(), (1.0, 0.0), (-1.0, 1.0)) == pytest.approx([0.5, 1.5])
    assert combined(PCGrad(), (1.0, 0.0), (1.0, 1.0)) == pytest.approx([2.0, 1.0]), "nothing in each other's way"


def test_the_order_of_pcgrads_projections_comes_from_its_own_seed():
    gradients = ((1.0, 0.0), (-1.0, 1.0), (-1.0, -2.0))
    made = PCGrad()

    def steps(seed):
        made.begin_epoch(seed)
        return [combined(made, *gradients) for _ in range(8)]

    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = steps(3)
    assert torch.equal(torch.get_rng_state(), before), "dropout draws what it would have drawn"
    torch.manual_seed(2)
    assert steps(3) == first
    assert len({tuple(one) for one in first}) > 1
    assert steps(4) != first


def test_mgda_is_the_shortest_vector_between_the_gradients():
    # Of the segment between (2, 0) and (0, 1) the point nearest to 0 is (0.4, 0.8); times two tasks.
    assert combined(MGDA(), (2.0, 0.0), (0.0, 1.0)) == pytest.approx([0.8, 1.6], rel=1e-6)
    assert combined(MGDA(), (1.0, 0.0), (-3.0, 0.0)) == pytest.approx([0.0, 0.0], abs=1e-6)
    assert combined(MGDA(), (9.0, 1.0), (1.0, 0.5)) == pytest.approx([2.0, 1.0]), "the second is short of all means"


def test_cagrad_lets_down_the_worst_task_least():
    gradients = torch.tensor([[3.0, 0.5], [-1.0, 0.8]], dtype=torch.float64)
    mean, c = gradients.mean(dim=0), 0.5
    found = torch.tensor(combined(CAGrad(c=c), *gradients.tolist()), dtype=torch.float64) / 2
    assert float((found - mean).norm()) == pytest.approx(c * float(mean.norm()), rel=1e-3)
    # Against every direction on the ball around the mean.
    angles = torch.linspace(0, 2 * math.pi, 20001, dtype=torch.float64)
    ball = mean + c * mean.norm() * torch.stack([angles.cos(), angles.sin()], dim=1)
    best = (ball @ gradients.T).min(dim=1).values.max()
    assert float((gradients @ found).min()) == pytest.approx(float(best), abs=1e-3)


def test_cagrad_with_no_ball_is_the_sum():
    assert combined(CAGrad(c=0.0), (3.0, 0.5), (-1.0, 0.8)) == pytest.approx([2.0, 1.3])


@pytest.mark.parametrize("num_tasks", [2, 3, 6])
@pytest.mark.parametrize("size", [1e-4, 1.0, 1e4])
def test_nash_mtl_solves_the_bargain(num_tasks, size):
    generator = torch.Generator().manual_seed(num_tasks)
    matrix = size * torch.randn(num_tasks, 9, generator=generator, dtype=torch.float64)
    products = matrix @ matrix.T
    alpha = NashMTL().weigh(products)
    assert (alpha > 0).all()
    torch.testing.assert_close(products @ alpha * alpha, torch.ones(num_tasks).double(), rtol=1e-4, atol=1e-4)
    assert float((alpha @ matrix).norm()) == pytest.approx(math.sqrt(num_tasks), rel=1e-3)
    # FairGrad's equation is Nash-MTL's where its alpha is 1 (Ban and Ji, 2024).
    other = FairGradWeighting(alpha=1.0)(products / size**2)
    torch.testing.assert_close(alpha * size, other, rtol=1e-3, atol=1e-3)


def test_nash_mtl_stands_still_where_gradients_cancel_out():
    assert combined(NashMTL(), (1.0, 0.0), (-1.0, 0.0)) == pytest.approx([0.0, 0.0], abs=1e-6)


def test_famo_weighs_as_torchjd_has_it(problem, make_problem):
    made, other = FAMO(3, learning_rate=0.025, weight_decay=1e-3), OtherFAMO(3)
    twin = make_problem([1.0, 1.5, 0.5], [[2.0, 1.0], [-1.0, 1.5], [0.5, -3.0]])
    for _ in range(5):
        problem.shared.grad = twin.shared.grad = None
        made.find_gradients(problem.step())
        other(torch.stack(list(twin.losses().values()))).backward()
        torch.testing.assert_close(problem.shared.grad, 3 * twin.shared.grad)
        with torch.no_grad():
            for one in (problem, twin):
                one.shared -= 0.1 * twin.shared.grad
        made.learn(problem.step().totals)
        other.update(torch.stack(list(twin.losses().values())))
    torch.testing.assert_close(made.state()["logits"].float(), other._w.detach(), rtol=1e-4, atol=1e-5)
    assert made.state()["logits"].abs().max() > 0.01
