"""A folder of images, a subfolder a class."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from study.parts.tasks.data import LabelledInputs
from study.parts.tasks.images import FileImages
from study.parts.tasks.labelling import encode_labels
from study.parts.tasks.registry import register_data
from study.parts.tasks.split_names import SPLIT_NAMES
from study.values.problems import InputError, Problem

_SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")


@register_data(
    "folder",
    summary="a subfolder of images a class; or train, val (or validation) and test folders of such subfolders",
    argument="PATH",
    targets=("label",),
)
def load(argument: str, *, root: Path, targets: Sequence[str | None]) -> LabelledInputs:
    """List the images below each class's subfolder, however deep; names that begin with a dot are passed over.

    Raises:
        InputError: If there is no such folder, no subfolder in it, or no image in a class.
    """
    base = root / argument
    if not base.is_dir():
        raise InputError(f"no such folder: {base}")
    split_folders = _split_folders(base)
    paths: list[str] = []
    names: list[str] = []
    splits: list[str] = []
    empty: dict[str, bool] = {}
    for folder, split in split_folders.items():
        for class_folder in _subfolders(base / folder):
            found = _image_paths(class_folder, base)
            empty[class_folder.name] = empty.get(class_folder.name, True) and not found
            paths += found
            names += [class_folder.name] * len(found)
            splits += [split] * len(found)
    _check_classes(base, empty)
    return LabelledInputs(
        inputs=FileImages(paths, base),
        labels={"label": encode_labels(names, what=str(base))},
        split=np.array(splits, dtype=np.str_) if len(split_folders) > 1 else None,
    )


def _split_folders(base: Path) -> dict[str, str]:
    """Return the split by folder name, or {".": "train"} where the subfolders are classes."""
    names = [folder.name for folder in _subfolders(base)]
    if "train" not in names or not _subfolders(base / "train"):
        return {".": "train"}
    strange = [name for name in names if name not in SPLIT_NAMES]
    found = {name: SPLIT_NAMES[name] for name in names if name in SPLIT_NAMES}
    problems = []
    if strange:
        problems.append(
            f"{base} holds the split train, so {', '.join(strange)} should be one of {', '.join(SPLIT_NAMES)}"
        )
    if len(set(found.values())) < len(found):
        problems.append(f"{base} holds one split under two names: {', '.join(found)}")
    if problems:
        raise InputError([Problem(message=message) for message in problems])
    return found


def _check_classes(base: Path, empty: dict[str, bool]) -> None:
    if not empty:
        raise InputError(f"{base} holds no subfolder; a class is a subfolder of images")
    without = [name for name, is_empty in empty.items() if is_empty]
    if without:
        raise InputError(f"{base}: no image in the class {', '.join(without)}; an image ends in {', '.join(_SUFFIXES)}")


def _subfolders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))


def _image_paths(folder: Path, base: Path) -> list[str]:
    found = []
    for parent, subfolders, files in os.walk(folder, followlinks=True):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and name.lower().endswith(_SUFFIXES):
                found.append(Path(parent, name).relative_to(base).as_posix())
    return sorted(found)
