"""Images, or rows of numbers, and labels as arrays of an .npz file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.array_rows import ArrayRows
from study.parts.tasks.data import LabelledInputs, RawInputs
from study.parts.tasks.images import ArrayImages
from study.parts.tasks.labelling import choose_targets, encode_array
from study.parts.tasks.registry import register_data
from study.parts.tasks.split_names import read_split
from study.values.problems import InputError, Problem, unknown_name

Arrays = dict[str, NDArray[np.generic]]
_RESERVED = ("images", "rows", "split")


@register_data(
    "arrays",
    summary="an .npz file: images (uint8) or rows of numbers, any number of label arrays, each a target, maybe split",
    argument="PATH",
)
def load(argument: str, *, root: Path, targets: Sequence[str | None]) -> LabelledInputs:
    """Read arrays: `images` uint8 of shape (N, H, W), (N, H, W, C) or (N, C, H, W), or `rows` of numbers, shape
    (N, D); labels of shape (N,).

    Labels are int (-1 for none), bool or text; `split` holds `train`, `validation` or `test`.

    Raises:
        InputError: If the file is missing or no such archive, or an array is absent, of another type or length.
    """
    path = root / argument
    arrays = _read(path)
    inputs = _inputs(arrays, path)
    names, problems = choose_targets(targets, [key for key in arrays if key not in _RESERVED], what=path.name)
    problems += [
        Problem(
            message=f"{path.name}: {key} has shape {arrays[key].shape}, but there are {len(inputs)} {inputs.kind.value}"
        )
        for key in [*names, "split"]
        if key in arrays and arrays[key].shape[: 2 if key == "split" else 1] != (len(inputs),)
    ]
    if problems:
        raise InputError(problems)
    split = None
    if "split" in arrays:
        split = read_split(arrays["split"].tolist(), what=f"{path.name} split", place=lambda i: f"position {i}")
    labels = {name: encode_array(arrays[name], what=f"{path.name} {name}") for name in names}
    return LabelledInputs(inputs=inputs, labels=labels, split=split)


def _inputs(arrays: Arrays, path: Path) -> RawInputs:
    if "images" in arrays and "rows" in arrays:
        raise InputError(f"{path} has both images and rows; a data set is of one kind")
    if "rows" in arrays:
        return ArrayRows(arrays["rows"], source=path.name)
    if "images" not in arrays:
        raise InputError(f"{path} needs the array 'images' or 'rows'; {unknown_name('images', arrays, what='array')}")
    return ArrayImages(arrays["images"], source=path.name)


def _read(path: Path) -> Arrays:
    if path.suffix != ".npz":
        raise InputError(f"{path}: arrays are read from an .npz file (numpy.savez), not from {path.suffix!r}")
    if not path.is_file():
        raise InputError(f"no such file: {path}")
    try:
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    except Exception as error:  # of the archive, its compression, or the header of an array
        raise InputError(f"cannot read {path}: {error}") from error
