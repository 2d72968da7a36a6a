"""Going over from one configuration to another between two epochs of a training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from study.learning.loop import Learner
from study.learning.optimisation import build_optimizer
from study.parts.dropout import Dropout
from study.parts.objectives import Objective
from study.parts.weighting import normalized_weights
from study.values.fine_tuning_methods import FineTuningMethods
from study.values.hyperparameters import Hyperparameters


def go_over(
    learner: Learner, values: Hyperparameters, *, objectives: Sequence[Objective], methods: FineTuningMethods
) -> None:
    """Have a learner train with another configuration from its next step on.

    What training has made stays: parameters, the optimizer's moments, moving averages, and how far the learning rates
    are along their course, of which the new ones are the peak.

    Args:
        learner: Before its first step, between two epochs, or as a checkpoint of the same lineage left it.
        values: A configuration that `study.values.lineage.may_follow` the one that it was built for.
        objectives: Of each task, under that configuration.
        methods: Of that configuration.
    """
    learner.objectives = list(objectives)
    learner.weights = normalized_weights(values.task_weights, learner.task_names)
    learner.methods = methods
    learner.update.go_over(methods)
    for module in learner.model.heads.modules():
        if isinstance(module, Dropout):
            module.share = values.dropout
    _set_rates(learner, values)


def _set_rates(learner: Learner, values: Hyperparameters) -> None:
    schedule, groups = learner.schedule, learner.optimizer.param_groups
    wanted = build_optimizer(learner.model, values).param_groups
    # What a balancing method learns is in groups of its own behind those of the model.
    learned: dict[str, Any] = {name: wanted[0][name] for name in ("momentum", "nesterov") if name in wanted[0]}
    learned["lr"] = values.head_learning_rate
    for position, group in enumerate(groups):
        options = wanted[position] if position < len(wanted) else learned
        group.update({name: value for name, value in options.items() if name != "params"})
        group["initial_lr"] = group["lr"]
    schedule.base_lrs = [group["lr"] for group in groups]
    for group, factor in zip(groups, schedule.lr_lambdas, strict=True):
        group["lr"] *= factor(schedule.last_epoch)
