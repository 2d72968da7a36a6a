"""Scikit-learn's handwritten digits: small, real, and installed already."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from study.parts.tasks.data import LabelledInputs, Labels
from study.parts.tasks.images import ArrayImages
from study.parts.tasks.registry import register_data

_LICENCE = "CC BY 4.0 (UCI Machine Learning Repository, Optical Recognition of Handwritten Digits)"
_BRIGHTEST = 16


@register_data(
    "digits",
    summary="1,797 handwritten digits of 8x8 pixels, 10 classes; needs no download",
    targets=("digit",),
    licence=_LICENCE,
)
def load(argument: str | None, *, root: Path, targets: Sequence[str | None]) -> LabelledInputs:
    """Load the digits, their 17 grey levels spread over 0..255."""
    from sklearn.datasets import load_digits

    data = load_digits()
    pixels = np.rint(data.images * (255 / _BRIGHTEST)).astype(np.uint8)
    digits = Labels(values=data.target.astype(np.int64), classes=tuple(str(name) for name in data.target_names))
    return LabelledInputs(inputs=ArrayImages(pixels, source="digits"), labels={"digit": digits}, licence=_LICENCE)
