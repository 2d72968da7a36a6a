"""What a trial trains, set up from its plan: model, data, optimizer and the course of its learning rates."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from study.learning.loop import Learner, steps_per_epoch
from study.learning.model import adapt
from study.learning.optimisation import build_optimizer, build_schedule
from study.learning.ranks import ALONE, Ranks
from study.learning.stream import Stream, check_batch_size, clipped_batch_size, group_tasks
from study.learning.synchronized_batch_norm import synchronize_batch_norm
from study.parts.objectives import Objective, make_objective
from study.parts.tasks.task import Task
from study.parts.weighting import normalized_weights
from study.trial.balancing import choose_balancing
from study.trial.class_weights import class_weights
from study.trial.materials import Materials
from study.trial.opening import StreamOpener
from study.trial.what_learns import note_what_learns
from study.values.fine_tuning_methods import FineTuningMethods
from study.values.hyperparameters import Hyperparameters
from study.values.plan import TrialPlan
from study.values.seeds import derive_seed
from study.values.variant import FewShot


def build_learner(
    plan: TrialPlan,
    tasks: Sequence[Task],
    materials: Materials,
    opener: StreamOpener,
    device: torch.device,
    ranks: Ranks,
) -> Learner:
    """Set up what a plan trains; what a reader of the record should know of it is added to the opener's notes.

    Args:
        plan: What to train.
        tasks: The plan's.
        materials: Where its backbone comes from.
        opener: Opens its examples.
        device: Where it is trained.
        ranks: This process's place among those that train the trial; a learner whose examples are fewer is left to one
            of them.

    Raises:
        InputError: If the weights or the configuration are bad (says which and why).
    """
    values = plan.hyperparameters
    backbone = materials.backbone(plan, device)
    torch.manual_seed(derive_seed(plan.seed, "heads"))
    model = adapt(backbone, tasks, values, plan.precision)
    model.heads.to(device)
    note_what_learns(model, values, opener.notes)
    streams = [opener.open(model, tasks, group) for group in group_tasks(tasks)]
    batch_size = _batch_size(plan, streams, opener.notes)
    if isinstance(plan.variant, FewShot) and batch_size < ranks.size:
        opener.notes["workers"] = f"one in place of {ranks.size}: a batch has {batch_size} examples"
        ranks = ALONE
    if not ranks.alone:
        synchronize_batch_norm(model, device)
    for stream in streams:
        check_batch_size(batch_size, stream, tasks, ranks.size)
    names = [task.name for task in tasks]
    balancing = choose_balancing(values, model, device, opener.notes)
    optimizer = build_optimizer(model, values)
    for parameter in balancing.parameters():
        optimizer.add_param_group({"params": [parameter], "lr": values.head_learning_rate, "weight_decay": 0.0})
    num_batches = steps_per_epoch(streams, batch_size)
    steps_an_epoch = num_batches // len(streams) if balancing.is_joint else num_batches
    course_epochs = plan.course_epochs or plan.epochs
    return Learner(
        model=model,
        streams=streams,
        task_names=names,
        objectives=objectives_of(values, tasks, streams),
        weights=normalized_weights(values.task_weights, names),
        balancing=balancing,
        sampling_exponent=values.task_sampling_exponent,
        optimizer=optimizer,
        schedule=build_schedule(optimizer, values, total_steps=course_epochs * steps_an_epoch),
        batch_size=batch_size,
        device=device,
        methods=methods_of(values, plan),
        ranks=ranks,
    )


def objectives_of(values: Hyperparameters, tasks: Sequence[Task], streams: Sequence[Stream]) -> list[Objective]:
    """Return what a configuration minimises of each task."""
    return [
        make_objective(task, values.label_smoothing, class_weights(values, streams, position, task))
        for position, task in enumerate(tasks)
    ]


def methods_of(values: Hyperparameters, plan: TrialPlan) -> FineTuningMethods:
    """Return a configuration's methods, with batches in the parts that the plan has them in."""
    return values.model_copy(update={"accumulation_steps": values.accumulation_steps * plan.micro_batches})


def _batch_size(plan: TrialPlan, streams: Sequence[Stream], notes: dict[str, str]) -> int:
    """Return the examples a step: as many as there are, where a few shots are fewer than the configuration wants.

    With two classes or more that is two examples at least, which is what batch normalisation needs.
    """
    wanted = plan.hyperparameters.batch_size
    if not isinstance(plan.variant, FewShot):
        return wanted
    clipped = clipped_batch_size(wanted, streams)
    if clipped < wanted:
        notes["batch_size"] = f"{clipped} in place of {wanted}: there are no more training examples"
    return clipped
