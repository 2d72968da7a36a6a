"""What a trained model predicts of a split's examples, one by one; kept beside an assessment's weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

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
    logits: NDArray[np.float32]
    """Shape (N, C)."""
    labels: NDArray[np.int64]
    """Class of each, shape (N,)."""


def save_predictions(folder: Path, predictions: Iterable[Predictions]) -> None:
    """Write predictions into a folder, as one file."""
    arrays = {}
    for one in predictions:
        place = f"{one.split.value}/{one.task}"
        arrays.update({f"{place}/{name}": getattr(one, name) for name in ("examples", "logits", "labels")})
    save_file(arrays, folder / FILE)


def load_predictions(folder: Path) -> list[Predictions]:
    """Return what was written into a folder.

    Raises:
        DamagedCheckpointError: If the file cannot be read.
        InputError: If there is no such file.
    """
    if not (folder / FILE).is_file():
        raise InputError(f"no predictions in {folder}: {FILE} is missing")
    try:
        arrays = load_file(folder / FILE)
    except SafetensorError as error:
        raise DamagedCheckpointError(f"{folder / FILE} is damaged: {error}") from None
    places = sorted({name.rpartition("/")[0] for name in arrays})
    return [
        Predictions(
            task=place.partition("/")[2],
            split=Split(place.partition("/")[0]),
            **{name: arrays[f"{place}/{name}"] for name in ("examples", "logits", "labels")},
        )
        for place in places
    ]
