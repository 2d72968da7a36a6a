"""What the tasks on one data set have in common: its inputs, all their labels, and one split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from study.parts.tasks.data import Labels, RawInputs
from study.parts.tasks.labelling import as_numbers, choose_targets
from study.parts.tasks.loading import load_data
from study.parts.tasks.split_checks import label_problems, split_problems
from study.parts.tasks.splits import split_examples
from study.parts.tasks.task import Splits, Task
from study.parts.tasks.task_labels import task_labels
from study.values.problems import InputError, Problem
from study.values.spec import TaskSpec


@dataclass(frozen=True, kw_only=True)
class SharedData:
    """A data set, split for some targets."""

    inputs: RawInputs
    labels: Mapping[str, Labels]
    """By target."""
    numbers: Mapping[str, Labels]
    """By target, of those that are predicted as numbers."""
    targets: Mapping[str | None, str]
    """Target by what the spec calls it: None for the only one."""
    splits: Splits
    licence: str | None

    def task(self, spec: TaskSpec) -> Task:
        """Return one of the tasks on this data; it has no `problems`."""
        labels = self.of_task(spec)
        return Task(
            name=spec.name,
            inputs=self.inputs,
            labels=labels.values,
            classes=labels.classes,
            label_sets=labels.sets,
            metric=spec.metric,
            splits=self.splits,
            licence=self.licence,
            kind=spec.kind,
        )

    def problems(self, spec: TaskSpec) -> list[Problem]:
        """Return what keeps one of the tasks from being trained and compared, located within its spec."""
        empty = split_problems(self.splits, data=spec.data, limit=spec.limit)
        if empty:
            return empty
        try:
            labels = self.of_task(spec)
        except InputError as error:
            return list(error.problems)
        name = spec.name if spec.labels else self.targets[spec.target]
        return label_problems(spec.kind, name, labels, self.splits, limit=spec.limit)

    def of_task(self, spec: TaskSpec) -> Labels:
        """Return what one of the tasks learns.

        Raises:
            InputError: If its labels are of another kind.
        """
        return task_labels(spec, self.targets, self.labels, self.numbers)


def share_data(
    spec: TaskSpec,
    targets: Sequence[str | None],
    regressed: Sequence[str | None] = (),
    *,
    split_seed: int,
    root: Path,
    validation_seed: int | None = None,
    outer: float = 0.0,
    fresh: bool = False,
) -> SharedData:
    """Read and split the data of a task.

    Args:
        spec: Says data, options, shares and limit.
        targets: All targets of the study on this data; the split is stratified by them jointly.
        regressed: Those of them that are predicted as numbers.
        split_seed: Root of the split.
        root: Folder of the spec.
        validation_seed: Of the validation split, where that is drawn anew; `split_seed` if None.
        outer: Share of the training examples that is set aside.
        fresh: Whether to look again even at what was read before.

    Raises:
        InputError: With all that is wrong with the data; a target's problem is located at ("target", name).
    """
    data = load_data(spec.data, spec.options, targets, root=root, fresh=fresh)
    names, problems = choose_targets(targets, list(data.labels), what=spec.data)
    if problems:
        raise InputError(problems)
    numbers: dict[str, Labels] = {}
    for target in regressed:
        name = names[0] if target is None else target
        try:
            numbers[name] = as_numbers(data.labels[name], what=f"target {name!r} of {spec.data}")
        except InputError as error:
            raise InputError(Problem(message=str(error), location=("target", name))) from error
    stratified = [numbers.get(name, data.labels[name]) for name in names]
    splits = split_examples(
        stratified, data.split, spec.split, spec.limit, split_seed, validation_seed=validation_seed, outer=outer
    )
    return SharedData(
        inputs=data.inputs,
        labels=data.labels,
        numbers=numbers,
        targets={target: names[0] if target is None else target for target in targets},
        splits=splits,
        licence=data.licence,
    )
