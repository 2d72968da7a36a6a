"""Build an arm's tasks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from study.parts.tasks.shared_data import SharedData, share_data
from study.parts.tasks.task import Task
from study.values.arm import Arm
from study.values.problems import InputError, Problem


def build_tasks(
    arm: Arm, *, split_seed: int, root: Path, validation_seed: int | None = None, outer: float = 0.0
) -> tuple[Task, ...]:
    """Return an arm's tasks, in its order; those on the same data share one `inputs` and one `splits` object.

    Args:
        arm: Its `stratify` makes arms of one study divide the same data in the same way.
        split_seed: Root of the data split, one for the whole study.
        root: Folder of the spec.
        validation_seed: Of the validation split, where that is drawn anew; `split_seed` if None.
        outer: Share of the training examples that is set aside.

    Raises:
        InputError: With all that is wrong, each message naming its task.
    """
    shared: dict[Any, SharedData] = {}
    problems: list[Problem] = []
    tasks = []
    for spec, targets, regressed in zip(arm.tasks, arm.stratify, arm.numbers, strict=True):
        try:
            if spec.data_identity not in shared:
                shared[spec.data_identity] = share_data(
                    spec,
                    targets,
                    regressed,
                    split_seed=split_seed,
                    root=root,
                    validation_seed=validation_seed,
                    outer=outer,
                )
        except InputError as error:
            problems += [Problem(message=f"task {spec.name}: {problem.message}") for problem in error.problems]
            continue
        data = shared[spec.data_identity]
        found = data.problems(spec)
        problems += [Problem(message=f"task {spec.name}: {problem.message}") for problem in found]
        if not found:
            tasks.append(data.task(spec))
    if problems:
        raise InputError(problems)
    return tuple(tasks)
