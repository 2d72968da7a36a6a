"""What is wrong with data out of a task's distribution."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from study.parts.tasks.data import RawInputs
from study.parts.tasks.input_checks import input_problems
from study.parts.tasks.other_data import open_other_data
from study.parts.tasks.shared_data import SharedData
from study.values.input_kind import InputKind
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
        classes, own = None, None
        if position in shared and task.out_of_distribution:
            own = shared[position].inputs
            classes = _classes(shared[position], task)
        for number, spec in enumerate(task.out_of_distribution):
            for problem in _problems(spec, classes, trained_on, own, seed=seed, root=root):
                # A target's problem names the target too, which is no key.
                place = ("target",) if problem.location[:1] == ("target",) else problem.location or ("data",)
                yield Problem(message=problem.message).under("tasks", position, "out_of_distribution", number, *place)


def _classes(data: SharedData, task: TaskSpec) -> Sequence[str] | None:
    """Return the task's classes; None where its labels are of another kind, which is told elsewhere."""
    try:
        return data.of_task(task).classes
    except InputError:
        return None


def _problems(
    spec: OutOfDistributionSpec,
    classes: Sequence[str] | None,
    trained_on: Mapping[str, str],
    own: RawInputs | None,
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
    if own is not None and other.inputs.kind is not own.kind:
        message = f"{spec.data} holds {other.inputs.kind.value}, but the task is on {own.kind.value}"
        return [Problem(message=message)]
    return input_problems(other.inputs) or _other_columns(spec, other.inputs, own)


def _other_columns(spec: OutOfDistributionSpec, inputs: RawInputs, own: RawInputs | None) -> list[Problem]:
    """Return a problem where rows are of another length than those trained on: columns of a table left in or out."""
    if own is None or own.kind is not InputKind.TABLE or inputs.kind is not InputKind.TABLE:
        return []
    if len(inputs.read(0)) == len(own.read(0)):
        return []
    message = f"rows of {spec.data} have {len(inputs.read(0))} numbers, those trained on {len(own.read(0))}"
    return [Problem(message=f"{message}; name the same columns in options.features of both")]
