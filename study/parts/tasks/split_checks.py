"""What is wrong with a split that was made: nothing to train or to compare on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.data import MISSING, Labels
from study.parts.tasks.label_sets import decoded_sets
from study.parts.tasks.task import Splits
from study.values.problems import Problem
from study.values.target_kind import TargetKind

_NUM_NAMED = 5


def split_problems(splits: Splits, *, data: str, limit: int | None = None) -> list[Problem]:
    """Return a problem for each split that holds no example.

    Args:
        splits: What came out.
        data: What was split, for the message.
        limit: The task's limit, which may be why.
    """
    sizes = {name: len(positions) for name, positions in _by_name(splits).items()}
    told = ", ".join(f"{name} {size}" for name, size in sizes.items())
    return [
        Problem(message=f"the {name} split of {data} is empty ({told}){_why(name, limit)}", location=("split",))
        for name, size in sizes.items()
        if size == 0
    ]


def label_problems(
    kind: TargetKind, target: str, labels: Labels, splits: Splits, *, limit: int | None = None
) -> list[Problem]:
    """Return what keeps labels of some kind from being learned or compared."""
    match kind:
        case TargetKind.REGRESSION:
            return number_problems(target, labels, splits)
        case TargetKind.MULTI_LABEL:
            return label_set_problems(target, labels, splits, limit=limit)
        case _:
            return target_problems(target, labels, splits, limit=limit)


def target_problems(target: str, labels: Labels, splits: Splits, *, limit: int | None = None) -> list[Problem]:
    """Return what keeps a target from being learned or compared: each problem names classes and counts.

    Args:
        target: Its name.
        labels: Its labels, shape (N,).
        splits: None of them empty.
        limit: The task's limit, which may be why.
    """
    counts = {name: _class_counts(labels, positions) for name, positions in _by_name(splits).items()}
    if not (labels.values != MISSING).any():
        return [_problem(f"no example has a label for target {target!r}")]
    problems = [
        _problem(f"target {target!r}: none of the {len(_by_name(splits)[name])} examples in {name} has a label")
        for name, found in counts.items()
        if not found.any()
    ]
    trained = counts["train"] > 0
    if trained.sum() == 1:
        only = labels.classes[int(np.argmax(trained))]
        problems.append(
            _problem(f"target {target!r} has one class only in train: {only!r} ({counts['train'].max()} examples)")
        )
    for name in [name for name in counts if name != "train"]:
        lacking = np.flatnonzero((counts[name] > 0) & ~trained)
        if len(lacking):
            named = ", ".join(f"{labels.classes[code]!r} ({counts[name][code]})" for code in lacking[:_NUM_NAMED])
            more = f" and {len(lacking) - _NUM_NAMED} more" if len(lacking) > _NUM_NAMED else ""
            problems.append(_problem(f"target {target!r}: in {name} but not in train: {named}{more}{_limited(limit)}"))
    return problems


def number_problems(target: str, labels: Labels, splits: Splits) -> list[Problem]:
    """Return what keeps a number from being learned or compared: splits in which it does not vary.

    Args:
        target: Its name.
        labels: Its numbers, shape (N,).
        splits: None of them empty.
    """
    found = []
    for name, positions in _by_name(splits).items():
        values = labels.values[positions]
        num_values = len(np.unique(values[values != MISSING]))
        if num_values < 2:
            told = "one value only" if num_values else "no value"
            found.append(_problem(f"target {target!r} has {told} in the {len(positions)} examples of {name}"))
    return found


def label_set_problems(target: str, labels: Labels, splits: Splits, *, limit: int | None = None) -> list[Problem]:
    """Return what keeps labels from being learned or compared: those that no training example has, or all have.

    Args:
        target: Its name.
        labels: Any number an example, shape (N,).
        splits: None of them empty.
        limit: The task's limit, which may be why.
    """
    assert labels.sets is not None, "any number an example"
    entries = {name: decoded_sets(labels.values[at], labels.sets) for name, at in _by_name(splits).items()}
    found = []
    for entry, told in ((1, "no example of train has"), (0, "every example of train has")):
        lacking = np.flatnonzero(~(entries["train"] == entry).any(axis=0))
        if len(lacking):
            named = ", ".join(repr(labels.classes[place]) for place in lacking[:_NUM_NAMED])
            more = f" and {len(lacking) - _NUM_NAMED} more" if len(lacking) > _NUM_NAMED else ""
            found.append(_problem(f"target {target!r}: {told} the label {named}{more}{_limited(limit)}; leave it out"))
    for name, of_split in entries.items():
        if not (of_split == 1).any():
            found.append(_problem(f"target {target!r}: no label is present in the {len(of_split)} examples of {name}"))
    return found


def _by_name(splits: Splits) -> dict[str, NDArray[np.int64]]:
    found = {"train": splits.train, "validation": splits.validation, "test": splits.test}
    return found if splits.outer is None else {**found, "outer": splits.outer}


def _class_counts(labels: Labels, positions: NDArray[np.int64]) -> NDArray[np.int64]:
    values = labels.values[positions]
    return np.bincount(values[values != MISSING], minlength=len(labels.classes))


def _why(name: str, limit: int | None) -> str:
    return f"{'; search.outer sets too little aside' if name == 'outer' else ''}{_limited(limit)}"


def _limited(limit: int | None) -> str:
    return "" if limit is None else f"; limit keeps {limit} examples only"


def _problem(message: str) -> Problem:
    return Problem(message=message, location=("target",))
