"""Torchvision's classification data sets, by name, with their own splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from study.parts.tasks.data import LabelledInputs
from study.parts.tasks.images import DatasetImages
from study.parts.tasks.joined_inputs import JoinedInputs
from study.parts.tasks.labelling import merge_labels
from study.parts.tasks.registry import register_data
from study.parts.tasks.sources.dataset_labels import dataset_labels
from study.values.keys import content_digest
from study.values.problems import InputError, Problem, unknown_name

Parts = Mapping[str, Mapping[str, Any]]
"""Constructor arguments by split."""

_BY_FLAG: Parts = {"train": {"train": True}, "test": {"train": False}}
_TRAIN_TEST: Parts = {"train": {"split": "train"}, "test": {"split": "test"}}
_TRAIN_VAL: Parts = {"train": {"split": "train"}, "validation": {"split": "val"}}
_ALL_THREE: Parts = {**_TRAIN_VAL, "test": {"split": "test"}}
_NONE: Parts = {"train": {}}

SETS: Mapping[str, Parts] = {
    "CIFAR10": _BY_FLAG,
    "CIFAR100": _BY_FLAG,
    "Caltech101": _NONE,
    "Caltech256": _NONE,
    "Country211": {"train": {"split": "train"}, "validation": {"split": "valid"}, "test": {"split": "test"}},
    "DTD": _ALL_THREE,
    "EuroSAT": _NONE,
    "FGVCAircraft": _ALL_THREE,
    "FashionMNIST": _BY_FLAG,
    "Flowers102": _ALL_THREE,
    "Food101": _TRAIN_TEST,
    "GTSRB": _TRAIN_TEST,
    "ImageNet": _TRAIN_VAL,
    "Imagenette": _TRAIN_VAL,
    "KMNIST": _BY_FLAG,
    "MNIST": _BY_FLAG,
    "OxfordIIITPet": {"train": {"split": "trainval"}, "test": {"split": "test"}},
    "RenderedSST2": _ALL_THREE,
    "SEMEION": _NONE,
    "STL10": _TRAIN_TEST,
    "SUN397": _NONE,
    "SVHN": _TRAIN_TEST,
    "StanfordCars": _TRAIN_TEST,
    "USPS": _BY_FLAG,
}
"""The classification data sets and their own splits; one without is divided like any other data."""


@register_data(
    "torchvision",
    summary=f"a data set of torchvision ({', '.join(SETS)}); options: folder, download",
    argument="NAME",
    targets=("label",),
)
def load(
    argument: str, *, root: Path, targets: Sequence[str | None], folder: str, download: bool = False
) -> LabelledInputs:
    """Open a data set of torchvision.

    Args:
        argument: Name of its class.
        root: Folder of the spec.
        targets: The only one is `label`.
        folder: Where the data is, relative to `root`, as torchvision lays it out.
        download: Whether to download what is not there.

    Raises:
        InputError: If the name is unknown, or the data is not there and not to be, or cannot be, downloaded.
    """
    if argument not in SETS:
        raise InputError(unknown_name(argument, SETS, what="data set of torchvision"))
    place = root / folder
    parts = {split: _open(argument, arguments, place, download) for split, arguments in SETS[argument].items()}
    labels = [dataset_labels(part, source=f"{argument} {split}")["label"] for split, part in parts.items()]
    images = [
        DatasetImages(
            part,
            source=f"{argument} {split}",
            identity=_identity(argument, split, own.values),
            in_any_thread=True,  # arrays, or files that each read opens; no transform
        )
        for (split, part), own in zip(parts.items(), labels, strict=True)
    ]
    lengths = [len(part) for part in images]
    return LabelledInputs(
        inputs=JoinedInputs(images),
        labels={"label": merge_labels(labels)},
        split=np.repeat(np.array(list(parts), dtype=np.str_), lengths) if len(parts) > 1 else None,
    )


def _open(name: str, arguments: Mapping[str, Any], place: Path, download: bool) -> Any:
    """Open one split; downloading is tried only after opening failed, for torchvision checks whole archives first."""
    from torchvision import datasets

    factory = getattr(datasets, name)
    switch = {"download": False} if "download" in signature(factory).parameters else {}
    try:
        return factory(root=str(place), **arguments, **switch)
    except (RuntimeError, OSError) as error:
        if not download:
            how = "set options.download: true to download it" if switch else "torchvision cannot download it"
            message = f"{name} is not in {place}, or not whole ({_said(error)}); {how}"
            raise InputError(Problem(message=message, location=("options", "folder"))) from error
    if not switch:
        message = f"torchvision cannot download {name}; put it into {place} yourself"
        raise InputError(Problem(message=message, location=("options", "download")))
    return _download(factory, name, arguments, place)


def _download(factory: Any, name: str, arguments: Mapping[str, Any], place: Path) -> Any:
    from filelock import FileLock

    try:
        place.mkdir(parents=True, exist_ok=True)
        # Several trials of one machine may find the data missing at once.
        with FileLock(place / f".{name}.lock"):
            return factory(root=str(place), **arguments, download=True)
    except Exception as error:  # network, archive and disk each raise their own
        message = f"cannot download {name} to {place}: {_said(error)}"
        raise InputError(Problem(message=message, location=("options", "download"))) from error


def _identity(name: str, split: str, labels: Any) -> str:
    return content_digest(["torchvision", name, split, labels.tolist()])


def _said(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {' '.join(lines)[:300]}"
