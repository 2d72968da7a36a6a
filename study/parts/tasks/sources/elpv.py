"""ELPV: electroluminescence images of solar cells, from the package elpv-dataset."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from study.parts.tasks.data import LabelledInputs, Labels
from study.parts.tasks.images import FileImages
from study.parts.tasks.registry import register_data
from study.values.problems import InputError

_LICENCE = "CC BY-NC-SA 4.0 (attribution, no commercial use, share alike)"
_DEFECTIVE_ABOVE = 0.5


@register_data(
    "elpv",
    summary="2,624 electroluminescence images of solar cells, 300x300 pixels: defective or not, mono or poly; "
    "needs no download (pip install pretrained-study[quickstart])",
    targets=("defect", "type"),
    licence=_LICENCE,
)
def load(argument: str | None, *, root: Path, targets: Sequence[str | None]) -> LabelledInputs:
    """Load labels and file names; a cell is defective where its annotated probability is above 0.5.

    Raises:
        InputError: If the package is not installed.
    """
    folder = _data_folder()
    rows = [line.split() for line in (folder / "labels.csv").read_text().splitlines() if line.strip()]
    paths, probabilities, types = zip(*rows, strict=True)
    defective = np.array([float(value) > _DEFECTIVE_ABOVE for value in probabilities], dtype=np.int64)
    kinds = ("mono", "poly")
    return LabelledInputs(
        inputs=FileImages(paths, folder),
        labels={
            "defect": Labels(values=defective, classes=("functional", "defective")),
            "type": Labels(values=np.array([kinds.index(kind) for kind in types], dtype=np.int64), classes=kinds),
        },
        licence=_LICENCE,
    )


def _data_folder() -> Path:
    # Found without importing: the package's own loader would be of no use, it reads all images at once.
    package = find_spec("elpv_dataset")
    if package is None or package.origin is None:
        raise InputError("the package elpv-dataset is not installed; run: pip install pretrained-study[quickstart]")
    return Path(package.origin).parent / "data"
