"""Data out of a task's distribution: its inputs, and their labels as the task's classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.data import MISSING, Labels, RawInputs
from study.parts.tasks.labelling import choose_target
from study.parts.tasks.loading import load_data
from study.parts.tasks.splits import draw_stratified
from study.values.problems import InputError, Problem
from study.values.seeds import derive_seed
from study.values.spec import OutOfDistributionSpec

_NUM_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class OtherData:
    """What models of a task are scored on beside its test examples."""

    name: str
    inputs: RawInputs
    labels: NDArray[np.int64]
    """Of each input, shape (N,): a position in the task's classes, or MISSING."""
    examples: NDArray[np.int64]
    """Positions of the labelled inputs that are used, sorted."""


def open_other_data(
    spec: OutOfDistributionSpec, classes: Sequence[str] | None, *, seed: int, root: Path, fresh: bool = False
) -> OtherData:
    """Read data and match its classes with a task's, by name.

    It may lack classes of the task. All its labelled examples are used: none was trained on, so that a split of its
    own means nothing here.

    Args:
        spec: Says which.
        classes: The task's; where they are not known None, and nothing is matched.
        seed: Root of the study's splits: which examples a limit leaves is the same for every arm.
        root: Folder of the spec.
        fresh: Whether to look again even at what was read before.

    Raises:
        InputError: With all that is wrong, located within `spec`.
    """
    data = load_data(spec.data, spec.options, [spec.target], root=root, fresh=fresh)
    target = choose_target(spec.target, list(data.labels), what=spec.data)
    found = data.labels[target]
    labels = found.values if classes is None else _matched(found, classes, f"{spec.data} {target!r}")
    examples = np.flatnonzero(labels != MISSING)
    if not len(examples):
        raise InputError(Problem(message=f"no example of {spec.data} has a label {target!r}", location=("target",)))
    if spec.limit is not None and spec.limit < len(examples):
        examples = draw_stratified(examples, labels[np.newaxis], spec.limit, derive_seed(seed, "limit", spec.name))
    return OtherData(name=spec.name, inputs=data.inputs, labels=labels, examples=examples)


def _matched(labels: Labels, classes: Sequence[str], what: str) -> NDArray[np.int64]:
    """Return labels as positions in `classes`.

    Raises:
        InputError: If an example is of another class (names classes and counts).
    """
    if labels.no_classes is not None:
        raise InputError(Problem(message=labels.no_classes, location=("target",)))
    if labels.sets is not None:
        raise InputError(Problem(message=f"{what} is a matrix, not one class an example", location=("target",)))
    counts = np.bincount(labels.values[labels.values != MISSING], minlength=len(labels.classes))
    codes = {name: code for code, name in enumerate(classes)}
    unknown = [(name, count) for name, count in zip(labels.classes, counts, strict=True) if count and name not in codes]
    if unknown:
        listed = ", ".join(f"{name!r} ({count} examples)" for name, count in unknown[:_NUM_NAMED])
        more = f" and {len(unknown) - _NUM_NAMED} more" if len(unknown) > _NUM_NAMED else ""
        known = ", ".join(map(repr, classes[:24])) + (f", ... {len(classes)} in all" if len(classes) > 24 else "")
        message = f"{what} has classes that the task has not: {listed}{more}; classes are matched by name: {known}"
        raise InputError(Problem(message=message, location=("target",)))
    # The last place answers for MISSING, which is -1.
    table = np.array([*(codes.get(name, MISSING) for name in labels.classes), MISSING], dtype=np.int64)
    matched: NDArray[np.int64] = table[labels.values]
    return matched
