"""What holds for every way to balance tasks."""

import io

import pytest
import torch
from torch import nn

from study.learning.balancing import StepLosses, make_balancing
from study.values.hyperparameters import Hyperparameters
from study.values.task_balancing import TaskBalancing

METHODS = list(TaskBalancing)
OF_GRADIENTS = {
    TaskBalancing.PCGRAD,
    TaskBalancing.CAGRAD,
    TaskBalancing.MGDA,
    TaskBalancing.NASH_MTL,
    TaskBalancing.FAMO,
}


def balancing(method, num_tasks=3):
    values = Hyperparameters(freezing_depth=0, head_learning_rate=1, batch_size=1, task_balancing=method)
    made = make_balancing(values, num_tasks, torch.device("cpu"))
    made.begin_epoch(7)
    return made


def take(made, problem, steps, silent=()):
    """Train a while; return where that leads."""
    optimizer = torch.optim.SGD([problem.shared, *problem.own, *made.parameters()], lr=0.05)
    for number in range(steps):
        made.begin_epoch(number)
        optimizer.zero_grad()
        made.find_gradients(problem.step(silent=silent))
        optimizer.step()
        if made.learns_from_steps:
            made.learn(problem.step(silent=silent).totals)
    return [one.detach().clone() for one in (problem.shared, *problem.own)]


@pytest.mark.parametrize("method", METHODS)
def test_heads_go_by_their_own_loss_or_by_the_weight_that_the_shared_parameters_see(problem, method):
    made = balancing(method)
    take(made, problem, 3)
    problem.shared.grad, own = None, problem.own
    for one in own:
        one.grad = None
    made.find_gradients(problem.step())
    of_own = torch.stack([one.grad / (one.detach() - 1) for one in own])
    if method in OF_GRADIENTS:
        torch.testing.assert_close(of_own, torch.ones(3))
    torch.testing.assert_close(problem.shared.grad, _combined(problem, method, of_own), rtol=1e-4, atol=1e-5)


def _combined(problem, method, of_own):
    if method in OF_GRADIENTS:
        # Whatever the method, a combination of the gradients with no weight below 0.
        weights = torch.linalg.lstsq(problem.gradients().T, problem.shared.grad).solution
        assert torch.isfinite(weights).all()
        return problem.gradients().T @ weights
    return of_own @ problem.gradients()


@pytest.mark.parametrize("method", METHODS)
def test_gradients_are_added_to_those_that_are_there(problem, make_problem, method):
    made, again = balancing(method), balancing(method)
    made.find_gradients(problem.step())
    other = make_problem([1.0, 1.5, 0.5], [[2.0, 1.0], [-1.0, 1.5], [0.5, -3.0]])
    other.shared.grad = torch.tensor([10.0, 20.0])
    other.own[0].grad = torch.tensor(30.0)
    again.find_gradients(other.step())
    torch.testing.assert_close(other.shared.grad - torch.tensor([10.0, 20.0]), problem.shared.grad)
    torch.testing.assert_close(other.own[0].grad - 30, problem.own[0].grad)


@pytest.mark.parametrize("method", METHODS)
def test_a_task_without_a_loss_takes_no_part(problem, method):
    made = balancing(method)
    end = take(made, problem, 20, silent=(1,))
    assert all(torch.isfinite(one).all() for one in end)
    assert problem.own[1].item() == 0, "not trained"
    assert problem.shared[0].item() > 0.1, "the silent task pulls the other way"
    take(made, problem, 1)


@pytest.mark.parametrize("method", METHODS)
def test_a_step_in_which_no_task_has_a_loss_moves_nothing(problem, method):
    made = balancing(method)
    made.find_gradients(problem.step(silent=(0, 1, 2)))
    assert not problem.shared.grad.any()
    assert not any(one.grad.any() for one in problem.own)


@pytest.mark.parametrize("method", METHODS)
def test_what_is_kept_is_enough_to_go_on_bit_by_bit(problem, make_problem, method):
    made = balancing(method)
    take(made, problem, 5)
    file = io.BytesIO()
    torch.save(made.state(), file)
    file.seek(0)
    again = balancing(method)
    again.load(torch.load(file, weights_only=True))
    other = make_problem([1.0, 1.5, 0.5], [[2.0, 1.0], [-1.0, 1.5], [0.5, -3.0]])
    with torch.no_grad():
        for one, to in zip((problem.shared, *problem.own), (other.shared, *other.own), strict=True):
            to.copy_(one)
    assert all(torch.equal(a, b) for a, b in zip(take(made, problem, 5), take(again, other, 5), strict=True))


@pytest.mark.parametrize("method", METHODS)
def test_tasks_get_better_together(problem, method):
    before = sum(problem.step().totals.values())
    take(balancing(method), problem, 60)
    assert sum(problem.step().totals.values()) < 0.9 * before


@pytest.mark.parametrize("method", METHODS)
def test_gradients_lie_in_memory_as_their_parameters_do(method):
    kernel = nn.Parameter(torch.randn(4, 3, 2, 2).to(memory_format=torch.channels_last))
    unused = nn.Parameter(torch.ones(2))
    heads = [nn.Parameter(torch.randn(4, 3)) for _ in range(2)]
    losses = {t: (kernel.sum(dim=(2, 3)) * one).sum().square() for t, one in enumerate(heads)}
    totals = {t: one.item() for t, one in losses.items()}
    step = StepLosses(losses=losses, totals=totals, shared=[kernel, unused], own=heads)
    balancing(method, 2).find_gradients(step)
    assert kernel.grad.stride() == kernel.stride()
    assert unused.grad is None, "what no loss depends on is not decayed either"


@pytest.mark.parametrize("method", METHODS)
def test_a_turn_of_some_tasks_alone_is_a_step_too(problem, method):
    made = balancing(method)
    made.find_gradients(problem.step(tasks=[2]))
    assert problem.own[0].grad is None or problem.own[0].grad == 0
    aligned = torch.dot(problem.shared.grad, problem.gradients()[2])
    assert aligned > 0
