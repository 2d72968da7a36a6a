"""Labels of a map-style data set, read from what it keeps beside its images where that can be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from torch import Tensor

from study.parts.tasks.data import MISSING, Labels
from study.parts.tasks.images.dataset_images import MapDataset
from study.parts.tasks.labelling import encode_labels
from study.values.problems import InputError

_ATTRIBUTES = ("targets", "labels", "_labels", "y")
_PAIRS = ("_samples", "samples")
_NUM_COMPARED = 5


def dataset_labels(dataset: MapDataset, *, source: str) -> dict[str, Labels]:
    """Return labels by target: one named `label`, or as many as each item's label dict holds.

    Reading every item would decode every image, so a list that the data set keeps under a customary name
    (`targets` and the like) is taken instead, if it agrees with some items that are read.

    Raises:
        InputError: If an item cannot be read, or is no pair of an image and an int or a dict of ints.
    """
    if len(dataset) == 0:
        raise InputError(f"{source} is empty")
    first = _label(dataset, 0, source)
    if isinstance(first, dict):
        rows = [_label(dataset, index, source) for index in range(len(dataset))]
        for index, row in enumerate(rows):
            if not isinstance(row, dict) or row.keys() != first.keys():
                raise InputError(
                    f"{source} item {index}: its labels are not {', '.join(map(str, first))} as item 0 has them"
                )
        return {str(name): _encode([row[name] for row in rows], (), f"{source} {name}") for name in first}
    values = _kept_labels(dataset, source)
    if values is None:
        values = [_label(dataset, index, source) for index in range(len(dataset))]
    return {"label": _encode(values, _class_names(dataset), source)}


def _label(dataset: MapDataset, index: int, source: str) -> Any:
    try:
        item = dataset[index]
    except Exception as error:  # a person's own code may raise anything
        raise InputError(f"cannot read item {index} of {source}: {error}") from error
    if not isinstance(item, tuple | list) or len(item) != 2:
        raise InputError(f"item {index} of {source} is no pair (image, label) but a {type(item).__name__}")
    return _plain(item[1])


def _plain(label: Any) -> Any:
    if isinstance(label, dict):
        return {name: _plain(value) for name, value in label.items()}
    return label.item() if hasattr(label, "item") and getattr(label, "ndim", 0) == 0 else label


def _kept_labels(dataset: MapDataset, source: str) -> list[Any] | None:
    compared = np.unique(np.linspace(0, len(dataset) - 1, _NUM_COMPARED).astype(int)).tolist()
    for values in _candidates(dataset):
        if len(values) == len(dataset) and all(values[i] == _label(dataset, i, source) for i in compared):
            return values
    return None


def _candidates(dataset: MapDataset) -> list[list[Any]]:
    kept = [getattr(dataset, name, None) for name in _ATTRIBUTES]
    pairs = [getattr(dataset, name, None) for name in _PAIRS]
    kept += [[label for _, label in value] for value in pairs if isinstance(value, list)]
    lists = [value.tolist() if isinstance(value, np.ndarray | Tensor) else value for value in kept]
    return [value for value in lists if isinstance(value, list)]


def _class_names(dataset: MapDataset) -> tuple[str, ...]:
    names = getattr(dataset, "classes", None) or getattr(dataset, "categories", None)
    if not isinstance(names, Sequence) or isinstance(names, str):
        return ()
    return tuple(name if isinstance(name, str) else ", ".join(map(str, name)) for name in names)


def _encode(values: Sequence[Any], classes: tuple[str, ...], what: str) -> Labels:
    whole = all(isinstance(value, int) and not isinstance(value, bool) for value in values)
    if whole and len(set(classes)) == len(classes) and min(values) >= MISSING and max(values) < len(classes):
        return Labels(values=np.array(values, dtype=np.int64), classes=classes)
    return encode_labels([None if whole and value == MISSING else value for value in values], what=what)
