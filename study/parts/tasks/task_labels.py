"""What a task learns, from the labels of the targets that it names."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.data import Labels
from study.parts.tasks.label_sets import UNKNOWN
from study.parts.tasks.ordering import ordered
from study.values.problems import InputError, Problem
from study.values.spec import TaskSpec
from study.values.target_kind import TargetKind

_ENTRIES = {"0": 0, "1": 1, "false": 0, "true": 1}
_NUM_NAMED = 5


def task_labels(
    spec: TaskSpec, targets: Mapping[str | None, str], labels: Mapping[str, Labels], numbers: Mapping[str, Labels]
) -> Labels:
    """Return the labels of a task.

    Args:
        spec: Says its kind.
        targets: Target by what the spec calls it: None for the only one.
        labels: By target.
        numbers: By target, of those that are predicted as numbers.

    Raises:
        InputError: If they are of another kind; located at ("target",) or ("labels",).
    """
    if spec.labels:
        return _joined({name: labels[targets[name]] for name in spec.labels})
    target = targets[spec.target]
    if spec.kind is TargetKind.REGRESSION:
        return numbers[target]
    found = labels[target]
    if spec.kind is TargetKind.MULTI_LABEL and found.sets is None:
        raise _refusal(
            f"target {target!r} says one thing of an example; for any number of labels name their columns of 0 and 1 "
            "as labels: [...], or give a list of labels an example, or a matrix (N, L)"
        )
    if spec.kind is not TargetKind.MULTI_LABEL and found.sets is not None:
        raise _refusal(f"target {target!r} has any number of labels an example: kind: multi_label")
    if found.no_classes is not None:
        raise _refusal(f"{found.no_classes}; or predict it: kind: regression")
    return ordered(found, spec.classes, target) if spec.kind is TargetKind.ORDINAL else found


def _joined(columns: Mapping[str, Labels]) -> Labels:
    """Return the labels of several targets, each saying whether an example has one label."""
    entries, problems = [], []
    for name, labels in columns.items():
        try:
            entries.append(_entries(name, labels))
        except InputError as error:
            problems += [Problem(message=problem.message, location=("labels",)) for problem in error.problems]
    if problems:
        raise InputError(problems)
    return Labels.of_matrix(np.stack(entries, axis=1), tuple(columns))


def _entries(name: str, labels: Labels) -> NDArray[np.int8]:
    """Return 1, 0 or -1 for each example.

    Raises:
        InputError: If a value is another (names some).
    """
    allowed = "a label is 1 where an example has it, else 0 (or true and false), and empty where that is not known"
    if labels.sets is not None:
        raise InputError(f"{name!r} is a matrix, several labels already: name it as target, alone")
    if labels.no_classes is not None:
        raise InputError(f"{name!r}: {labels.no_classes}; {allowed}")
    strange = [value for value in labels.classes if value.lower() not in _ENTRIES]
    if strange:
        listed = ", ".join(map(repr, strange[:_NUM_NAMED]))
        raise InputError(f"{name!r} has other values, {listed}; {allowed}")
    # The last place answers for MISSING, which is -1.
    table = np.array([*(_ENTRIES[value.lower()] for value in labels.classes), UNKNOWN], dtype=np.int8)
    found: NDArray[np.int8] = table[labels.values]
    return found


def _refusal(message: str) -> InputError:
    return InputError(Problem(message=message, location=("target",)))
