"""Weights of losses by hand, and as TorchJD has them."""

import math

import pytest
import torch
from torch import nn
from torchjd.scalarization import DWA, UW

from study.learning.balancing import StepLosses
from study.learning.balancing.dynamic_weight_average import DynamicWeightAverage
from study.learning.balancing.gradnorm import GradNorm
from study.learning.balancing.random_weights import RandomWeights
from study.learning.balancing.uncertainty import UncertaintyWeighting

CPU = torch.device("cpu")


def fixed(*losses):
    """Return a step with losses of these sizes, whose gradients do not matter."""
    shared = nn.Parameter(torch.zeros(1))
    each = {task: loss + 0 * shared.sum() for task, loss in enumerate(losses)}
    return StepLosses(losses=each, totals=dict(enumerate(losses)), shared=[shared], own=[])


def test_the_variance_of_a_loss_that_stands_still_is_twice_the_loss():
    made = UncertaintyWeighting(3, CPU)
    optimizer = torch.optim.SGD(made.parameters(), lr=0.5)
    for _ in range(300):
        optimizer.zero_grad()
        weights = made.weigh(fixed(2.0, 0.1, 30.0))
        optimizer.step()
    assert [weights[task] for task in range(3)] == pytest.approx([1 / 4, 1 / 0.2, 1 / 60], rel=1e-4)


def test_the_variances_have_the_gradients_of_the_papers_objective():
    made, other = UncertaintyWeighting(2, CPU), UW(2)
    [own] = made.parameters()
    with torch.no_grad():
        own.copy_(torch.tensor([0.3, -1.2]))
        # TorchJD halves the loss, as the paper does for regression: the same with s shifted by log 2.
        other.log_var.copy_(own - math.log(2))
    made.weigh(fixed(1.5, 0.2))
    other(torch.tensor([1.5, 0.2])).backward()
    torch.testing.assert_close(own.grad, other.log_var.grad)


def test_a_loss_that_goes_down_slowly_weighs_more():
    made = DynamicWeightAverage(2, temperature=2.0)
    for losses in ((4.0, 1.0), (2.0, 1.0)):
        assert made.weigh(fixed(*losses)) == {0: 1, 1: 1}
        made.begin_epoch(0)
    slow, fast = math.exp(1 / 2), math.exp(0.5 / 2)
    expected = {0: 2 * fast / (fast + slow), 1: 2 * slow / (fast + slow)}
    assert made.weigh(fixed(1.0, 1.0)) == pytest.approx(expected)


def test_averages_are_over_the_steps_of_an_epoch():
    made, other = DynamicWeightAverage(2, temperature=0.7), DWA(0.7)
    generator = torch.Generator().manual_seed(0)
    for _ in range(4):
        for _ in range(3):
            losses = torch.rand(2, generator=generator)
            weights = made.weigh(fixed(*losses.tolist()))
            assert weights[0] * losses[0] + weights[1] * losses[1] == pytest.approx(other(losses).item())
        made.begin_epoch(0)
        other.step()


def test_an_epoch_without_a_loss_of_a_task_says_nothing_of_it():
    made = DynamicWeightAverage(2, temperature=1.0)
    for losses in ((4.0, 0.0), (2.0, 1.0)):
        made.weigh(fixed(*losses))
        made.begin_epoch(0)
    assert made.weigh(fixed(1.0, 1.0))[1] == pytest.approx(2 * math.e / (math.e + math.exp(0.5)))


def test_random_weights_sum_to_the_number_of_tasks_and_follow_the_seed():
    made = RandomWeights(3)
    made.begin_epoch(5)
    drawn = [made.weigh(fixed(1.0, 1.0, 1.0)) for _ in range(2000)]
    assert all(sum(weights.values()) == pytest.approx(3) for weights in drawn)
    assert [sum(weights[t] for weights in drawn) / 2000 for t in range(3)] == pytest.approx([1] * 3, abs=0.06)
    made.begin_epoch(5)
    assert made.weigh(fixed(1.0, 1.0, 1.0)) == drawn[0]
    made.begin_epoch(6)
    assert made.weigh(fixed(1.0, 1.0, 1.0)) != drawn[0]


def test_gradnorm_brings_gradients_to_one_size_where_alpha_is_0():
    made = GradNorm(2, alpha=0.0, learning_rate=0.02)
    shared = nn.Parameter(torch.zeros(1))

    def step():
        losses = {0: 8.0 * shared.sum() + 1, 1: 2.0 * shared.sum() + 1}
        return StepLosses(losses=losses, totals={0: 1.0, 1: 1.0}, shared=[shared], own=[])

    for _ in range(200):
        made.find_gradients(step())
    first, second = made.state()["weights"].tolist()
    assert first + second == pytest.approx(2)
    assert 8 * first == pytest.approx(2 * second, rel=0.1)


def test_gradnorm_moves_weights_along_the_slope_of_the_papers_loss():
    """One step of Adam goes by the sign of the slope: the weight of what learns slower and is smaller goes up."""
    made = GradNorm(2, alpha=1.0, learning_rate=0.025)
    shared = nn.Parameter(torch.zeros(1))
    gradients = (3.0, 2.0)

    def take(*totals):
        losses = {task: gradient * shared.sum() for task, gradient in enumerate(gradients)}
        step = StepLosses(losses=losses, totals=dict(enumerate(totals)), shared=[shared], own=[])
        made.find_gradients(step)
        return made.state()["weights"]

    # G = (3, 2), its mean 2.5; both losses are whole, so r = 1: the first comes down, the second goes up.
    torch.testing.assert_close(take(1.0, 1.0), torch.tensor([0.975, 1.025], dtype=torch.float64))
    # r = (1.6, 0.4): wanted are sizes of (3.99, 1.00) by now. Both slopes turn, and outweigh what Adam remembers.
    first, second = take(1.0, 0.25).tolist()
    assert first + second == pytest.approx(2)
    for _ in range(20):
        turned = take(1.0, 0.25)
    assert turned[0] > 1 > turned[1]
