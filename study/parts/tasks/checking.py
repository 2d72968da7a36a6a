"""Everything that can be wrong with tasks, found before anything is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from study.parts.tasks.input_checks import input_problems
from study.parts.tasks.loading import open_source
from study.parts.tasks.other_data_checks import other_data_problems
from study.parts.tasks.shared_data import SharedData, share_data
from study.values.problems import InputError, Problem
from study.values.spec import TaskSpec
from study.values.target_kind import TargetKind


def task_problems(tasks: Sequence[TaskSpec], *, seed: int, root: Path, outer: float = 0.0) -> list[Problem]:
    """Return all that is wrong with a study's tasks, each located at ("tasks", position, key).

    Labels are read and split, every image file is looked up, and up to 200 evenly spaced images are decoded: one of the
    others that cannot be read fails the trial that reads it. Data is read anew, whatever was read before. So is data
    out of a task's distribution.

    Args:
        tasks: All of the study's.
        seed: Root of the data split.
        root: Folder of the spec.
        outer: Share of the training examples that is set aside.
    """
    problems: list[Problem] = []
    groups: dict[Any, list[int]] = {}
    shared: dict[int, SharedData] = {}
    for position, spec in enumerate(tasks):
        try:
            open_source(spec.data, spec.options, root=root)
            groups.setdefault(spec.data_identity, []).append(position)
        except InputError as error:
            problems += [_placed(problem, position) for problem in error.problems]
    for positions in groups.values():
        problems += _group_problems(tasks, positions, shared, seed=seed, root=root, outer=outer)
    problems += _leaking_tables(tasks)
    problems += other_data_problems(tasks, shared, seed=seed, root=root)
    return sorted(problems, key=lambda problem: problem.location[1])


def _leaking_tables(tasks: Sequence[TaskSpec]) -> Iterator[Problem]:
    """Yield a problem for each task on a table that would be given another task's target as one of its columns.

    A table gives a model all columns but the targets of the tasks that share its data, its split and its limit.
    """
    for position, task in enumerate(tasks):
        others = [
            other
            for other in tasks
            if (other.data, other.options) == (task.data, task.options)
            and other.data_identity != task.data_identity
            and other.targets != task.targets
        ]
        if others and task.data.startswith("table:") and "features" not in task.options:
            message = (
                f"its inputs would hold {_named(others[0])}, the target of task {others[0].name}, which has another "
                "split or limit on the same table; name the columns that a model is given: options: {features: [...]}"
            )
            yield Problem(message=message, location=("tasks", position, "options"))


def _group_problems(
    tasks: Sequence[TaskSpec],
    positions: Sequence[int],
    shared: dict[int, SharedData],
    *,
    seed: int,
    root: Path,
    outer: float,
) -> list[Problem]:
    """Return the problems of tasks on the same data: those of the data itself once, at the first task.

    What could be read is put into `shared`, by position.
    """
    first = tasks[positions[0]]
    targets = list(dict.fromkeys(target for position in positions for target in tasks[position].targets))
    numbers = [tasks[position] for position in positions if tasks[position].kind is TargetKind.REGRESSION]
    regressed = list(dict.fromkeys(task.target for task in numbers))
    try:
        data = share_data(first, targets, regressed, split_seed=seed, root=root, outer=outer, fresh=True)
    except InputError as error:
        return [placed for problem in error.problems for placed in _at_its_tasks(problem, tasks, positions)]
    shared.update(dict.fromkeys(positions, data))
    problems = [_placed(problem, positions[0]) for problem in input_problems(data.inputs)]
    for position in positions:
        problems += [_placed(problem, position) for problem in data.problems(tasks[position])]
    return list(dict.fromkeys(problems))


def _at_its_tasks(problem: Problem, tasks: Sequence[TaskSpec], positions: Sequence[int]) -> list[Problem]:
    """Place a problem of a group: a target's at every task that names it, any other at the first task."""
    if problem.location[:1] != ("target",):
        return [_placed(problem, positions[0])]
    named = problem.location[1] if len(problem.location) > 1 else None
    # A table with one label column has a target that no task needs to name.
    concerned = [position for position in positions if {named, None} & set(tasks[position].targets)]
    exact = [position for position in concerned if named in tasks[position].targets]
    return [_placed(_bare(problem, tasks[position]), position) for position in exact or concerned]


def _bare(problem: Problem, task: TaskSpec) -> Problem:
    """Return a target's problem as located within a task."""
    return Problem(message=problem.message, location=("labels",) if task.labels else ("target",))


def _named(task: TaskSpec) -> str:
    return ", ".join(map(repr, task.targets))


def _placed(problem: Problem, position: int) -> Problem:
    return Problem(message=problem.message, location=("tasks", position, *(problem.location or ("data",))))
