"""How a trial balances its tasks: as its configuration says, where there is something to balance."""

from __future__ import annotations

import torch

from study.learning.balancing import Balancing, make_balancing
from study.learning.model import AdaptedModel, trained_parameters
from study.values.hyperparameters import Hyperparameters
from study.values.problems import InputError
from study.values.task_balancing import TaskBalancing, packages_problem


def choose_balancing(
    values: Hyperparameters, model: AdaptedModel, device: torch.device, notes: dict[str, str]
) -> Balancing:
    """Return what a trial balances its tasks by: what its configuration names, or the plain sum in place of it.

    Args:
        values: The configuration.
        model: The trial's, frozen as it is trained.
        device: Where it is.
        notes: `task_balancing` in it is set to the method, unless it is the plain sum that was asked for;
            `task_sampling` to how tasks with inputs of their own are drawn, unless they take turns.

    Raises:
        InputError: If a package is missing that the method needs (says how to get it).
    """
    method = values.task_balancing
    problem = packages_problem(method)
    if problem is not None:
        raise InputError(problem)
    why_not = _why_not(method, model)
    if method is not TaskBalancing.WEIGHTED_SUM:
        plain = TaskBalancing.WEIGHTED_SUM.value
        notes["task_balancing"] = method.value if why_not is None else f"{plain} in place of {method.value}: {why_not}"
    if values.task_sampling_exponent is not None:
        notes["task_sampling"] = f"drawn in proportion to n^{values.task_sampling_exponent:g}"
    chosen = method if why_not is None else TaskBalancing.WEIGHTED_SUM
    return make_balancing(values.model_copy(update={"task_balancing": chosen}), len(model.heads), device)


def _why_not(method: TaskBalancing, model: AdaptedModel) -> str | None:
    if len(model.heads) == 1:
        return "there is one task"
    shared, _ = trained_parameters(model)
    if method.needs_shared_parameters and not shared:
        return "nothing that tasks share is trained"
    return None
