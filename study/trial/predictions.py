"""What a trained model predicts of a split's examples, one by one; kept beside an assessment's weights."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.numpy import save_file

from study.learning.manifest import DamagedCheckpointError
from study.values.metric_names import Split
from study.values.problems import InputError

FILE = "predictions.safetensors"


@dataclass(frozen=True, kw_only=True, eq=False)
class Predictions:
    """Of one task, on the labelled examples of one split."""

    task: str
    split: Split
    examples: NDArray[np.int64]
    """Position of each in the task's data, shape (N,)."""
    logits: NDArray[np.floating[Any]]
    """Shape (N, C), or (N, L) of L labels; of a regression the numbers predicted, in the target's unit: (N, 1)."""
    labels: NDArray[Any]
    """Class of each, int64, shape (N,); of a regression the numbers themselves, float64; of any number of labels 1, 0
    or -1 (not known) for each, int8, shape (N, L)."""
    classes: tuple[str, ...] = ()
    """Names of the classes or labels; none in a file of an earlier version."""


def save_predictions(folder: Path, predictions: Iterable[Predictions], *, name: str = FILE) -> None:
    """Write predictions into a folder, as one file of that name."""
    arrays, names = {}, {}
    for one in predictions:
        place = f"{one.split.value}/{one.task}"
        names[place] = json.dumps(one.classes)
        arrays.update({f"{place}/{part}": getattr(one, part) for part in ("examples", "logits", "labels")})
    save_file(arrays, folder / name, metadata=names)


def load_predictions(folder: Path, *, name: str = FILE) -> list[Predictions]:
    """Return what was written into a folder, as a file of that name.

    Raises:
        DamagedCheckpointError: If the file cannot be read.
        InputError: If there is no such file.
    """
    if not (folder / name).is_file():
        raise InputError(f"no predictions in {folder}: {name} is missing")
    try:
        with safe_open(folder / name, framework="numpy") as file:
            arrays = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            names = file.metadata() or {}
        return _predictions(arrays, names)
    except Exception as error:  # the format's own, or what is found missing or of another kind than what is written
        raise DamagedCheckpointError(f"{folder / name} is damaged: {type(error).__name__}: {error}") from None


def _predictions(arrays: Mapping[str, NDArray[Any]], names: Mapping[str, str]) -> list[Predictions]:
    """Return predictions from arrays by `split/task/name`, and the names of classes by `split/task`.

    Raises:
        ValueError: If the arrays do not fit each other.
        LookupError: If one is not there.
    """
    places = sorted({name.rpartition("/")[0] for name in arrays})
    found = [
        Predictions(
            task=place.partition("/")[2],
            split=Split(place.partition("/")[0]),
            **{name: arrays[f"{place}/{name}"] for name in ("examples", "logits", "labels")},
            classes=tuple(json.loads(names.get(place, "[]"))),
        )
        for place in places
    ]
    for one in found:
        _check(one)
    return found


def _check(one: Predictions) -> None:
    num, widths = len(one.logits), one.logits.shape[1:]
    if one.examples.shape != (num,) or one.labels.shape[:1] != (num,) or len(widths) != 1:
        raise ValueError(f"arrays of {one.task} are of different lengths")
    if one.logits.dtype.kind != "f" or one.examples.dtype.kind not in "iu" or one.labels.dtype.kind not in "iuf":
        raise ValueError(f"an array of {one.task} is of another type than what is written")
    if one.labels.dtype.kind == "f":
        if one.labels.ndim != 1 or widths != (1,) or one.classes:
            raise ValueError(f"{one.task} has numbers for labels, but classes")
    elif len(one.classes) not in (0, widths[0]):
        raise ValueError(f"{one.task} has {len(one.classes)} names for {widths[0]} classes")
    elif one.labels.ndim > 1:
        if one.labels.shape != one.logits.shape or not np.isin(one.labels, (-1, 0, 1)).all():
            raise ValueError(f"{one.task} has labels that are neither present nor absent")
    elif ((one.labels < 0) | (one.labels >= widths[0])).any():
        raise ValueError(f"{one.task} has labels of no class")
