"""What is wrong with data out of a task's distribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from study.parts.tasks.input_checks import input_problems
from study.parts.tasks.other_data import open_other_data
from study.parts.tasks.shared_data import SharedData
from study.values.problems import InputError, Problem
from study.values.spec import OutOfDistributionSpec, TaskSpec


def other_data_problems(
    tasks: Sequence[TaskSpec], shared: Mapping[int, SharedData], *, seed: int, root: Path
) -> Iterator[Problem]:
    """Yield what keeps assessed models from being scored on it, each located at ("tasks", position, ...).

    Args:
        tasks: All of the study's.
        shared: Data of those tasks whose own could be read, by position; others' classes are not known to match.
        seed: Root of the data split.
        root: Folder of the spec.
    """
    if not any(task.out_of_distribution for task in tasks):
        return  # and digest no images
    trained_on = {data.inputs.digest: tasks[position].name for position, data in sorted(shared.items(), reverse=True)}
    for position, task in enumerate(tasks):
        classes = None
        if position in shared:
            classes = shared[position].labels[shared[position].targets[task.target]].classes
        for number, spec in enumerate(task.out_of_distribution):
            for problem in _problems(spec, classes, trained_on, seed=seed, root=root):
                # A target's problem names the target too, which is no key.
                place = ("target",) if problem.location[:1] == ("target",) else problem.location or ("data",)
                yield Problem(message=problem.message).under("tasks", position, "out_of_distribution", number, *place)


def _problems(
    spec: OutOfDistributionSpec,
    classes: Sequence[str] | None,
    trained_on: Mapping[str, str],
    *,
    seed: int,
    root: Path,
) -> list[Problem]:
    try:
        other = open_other_data(spec, classes, seed=seed, root=root, fresh=True)
    except InputError as error:
        return list(error.problems)
    if other.inputs.digest in trained_on:
        message = f"{spec.data} is what task {trained_on[other.inputs.digest]} is trained on; it must be other data"
        return [Problem(message=message)]
    return input_problems(other.inputs)
