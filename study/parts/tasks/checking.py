"""Everything that can be wrong with tasks, found before anything is trained."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from study.parts.tasks.data import Images
from study.parts.tasks.loading import open_source
from study.parts.tasks.shared_data import share_data
from study.values.problems import InputError, Problem
from study.values.spec import TaskSpec

_NUM_DECODED = 200
_NUM_NAMED = 5


def task_problems(tasks: Sequence[TaskSpec], *, seed: int, root: Path, outer: float = 0.0) -> list[Problem]:
    """Return all that is wrong with a study's tasks, each located at ("tasks", position, key).

    Labels are read and split, every image file is looked up, and up to 200 evenly spaced images are decoded: one of the
    others that cannot be read fails the trial that reads it. Data is read anew, whatever was read before.

    Args:
        tasks: All of the study's.
        seed: Root of the data split.
        root: Folder of the spec.
        outer: Share of the training examples that is set aside.
    """
    problems: list[Problem] = []
    groups: dict[Any, list[int]] = {}
    for position, spec in enumerate(tasks):
        try:
            open_source(spec.data, spec.options, root=root)
            groups.setdefault(spec.data_identity, []).append(position)
        except InputError as error:
            problems += [_placed(problem, position) for problem in error.problems]
    for positions in groups.values():
        problems += _group_problems(tasks, positions, seed=seed, root=root, outer=outer)
    return sorted(problems, key=lambda problem: problem.location[1])


def _group_problems(
    tasks: Sequence[TaskSpec], positions: Sequence[int], *, seed: int, root: Path, outer: float
) -> list[Problem]:
    """Return the problems of tasks on the same data: those of the data itself once, at the first task."""
    first = tasks[positions[0]]
    targets = list(dict.fromkeys(tasks[position].target for position in positions))
    try:
        data = share_data(first, targets, split_seed=seed, root=root, outer=outer, fresh=True)
    except InputError as error:
        return [placed for problem in error.problems for placed in _at_its_tasks(problem, tasks, positions)]
    problems = [_placed(problem, positions[0]) for problem in _image_problems(data.images)]
    for position in positions:
        problems += [_placed(problem, position) for problem in data.problems(tasks[position])]
    return list(dict.fromkeys(problems))


def _image_problems(images: Images) -> list[Problem]:
    tried = np.unique(np.linspace(0, len(images) - 1, min(len(images), _NUM_DECODED)).astype(int)).tolist()
    messages = []
    for index in tried:
        try:
            images.read(index)
        except InputError as error:
            messages.append(str(error))
    if not messages:
        return []
    more = f"; and {len(messages) - _NUM_NAMED} more" if len(messages) > _NUM_NAMED else ""
    listed = "; ".join(messages[:_NUM_NAMED])
    return [Problem(message=f"{len(messages)} of {len(tried)} images tried cannot be read: {listed}{more}")]


def _at_its_tasks(problem: Problem, tasks: Sequence[TaskSpec], positions: Sequence[int]) -> list[Problem]:
    """Place a problem of a group: a target's at every task that names it, any other at the first task."""
    if problem.location[:1] != ("target",):
        return [_placed(problem, positions[0])]
    named = problem.location[1] if len(problem.location) > 1 else None
    # A table with one label column has a target that no task needs to name.
    concerned = [position for position in positions if tasks[position].target in (named, None)]
    exact = [position for position in concerned if tasks[position].target == named]
    bare = Problem(message=problem.message, location=("target",))
    return [_placed(bare, position) for position in exact or concerned]


def _placed(problem: Problem, position: int) -> Problem:
    return Problem(message=problem.message, location=("tasks", position, *(problem.location or ("data",))))
