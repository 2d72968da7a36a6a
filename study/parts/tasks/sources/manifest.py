"""A manifest: a table of image paths and one or several columns of labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from study.parts.tasks.data import LabelledInputs
from study.parts.tasks.images import FileImages
from study.parts.tasks.registry import register_data
from study.parts.tasks.sources.table import Table, read_table
from study.parts.tasks.sources.table_columns import absent_columns, label_columns, read_split_column, row_place
from study.values.problems import InputError, Problem

_NUM_NAMED = 5


@register_data(
    "manifest",
    summary="a table (.csv or .parquet) of image paths and label columns; each label column is a target",
    argument="PATH",
)
def load(
    argument: str,
    *,
    root: Path,
    targets: Sequence[str | None],
    image_column: str = "image",
    split_column: str | None = None,
    image_folder: str | None = None,
) -> LabelledInputs:
    """Read a manifest; an empty label means that the example has none for that target.

    Args:
        argument: Path of the table, relative to `root`. Messages count its rows from 1, below the header.
        root: Folder of the spec.
        targets: Label columns wanted.
        image_column: Column of image paths.
        split_column: Column of `train`, `validation` or `test`.
        image_folder: Folder of relative image paths, relative to `root`; the manifest's own where not given.

    Raises:
        InputError: With all that is wrong: columns absent, image files missing, values that name no class or split.
    """
    path = root / argument
    table = read_table(path)
    problems = absent_columns(table, {"image_column": [image_column], "split_column": [split_column]}, path.name)
    available = [name for name in table if name not in (image_column, split_column)]
    labels, wrong = label_columns(table, targets, available, what=path.name, place=row_place)
    split, torn = read_split_column(table, split_column, path.name)
    problems += [*wrong, *torn]
    base = path.parent if image_folder is None else root / image_folder
    images = _open_images(table, image_column, base, path, problems)
    _refuse_leaks(images, split, path, problems)
    if problems:
        raise InputError(problems)
    assert images is not None, "without a problem every image was found"
    return LabelledInputs(inputs=images, labels=labels, split=split)


def _open_images(table: Table, column: str, base: Path, path: Path, problems: list[Problem]) -> FileImages | None:
    if column not in table:
        return None
    paths: list[Any] = table[column]
    unnamed = [
        row_place(position) for position, value in enumerate(paths) if not isinstance(value, str) or not value.strip()
    ]
    if unnamed:
        listed = ", ".join(unnamed[:_NUM_NAMED])
        problems.append(
            Problem(message=f"{path.name} column {column!r}: {len(unnamed)} without an image path: {listed}")
        )
        return None
    try:
        return FileImages(paths, base, origins=[f"{path.name} {row_place(position)}" for position in range(len(paths))])
    except InputError as error:
        problems += error.problems
        return None


def _refuse_leaks(
    images: FileImages | None, split: NDArray[np.str_] | None, path: Path, problems: list[Problem]
) -> None:
    """Refuse an image named twice, unless the manifest keeps both in one split: it could be trained and tested on."""
    if images is None:
        return
    homes: dict[str, set[str]] = {}
    for position, image in enumerate(images.paths):
        homes.setdefault(image, set()).add(str(position) if split is None else str(split[position]))
    torn = [image for image, splits in homes.items() if len(splits) > 1]
    if torn:
        counts = Counter(images.paths)
        listed = ", ".join(f"{image} ({counts[image]} rows)" for image in torn[:_NUM_NAMED])
        message = (
            f"{path.name}: {len(torn)} images stand in several rows and could be both trained and tested on: {listed}; "
            "name each image once (several labels are several columns), or keep its rows in one split"
        )
        problems.append(Problem(message=message))
