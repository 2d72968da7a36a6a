"""Scikit-learn's small tables of real data, installed already."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from study.parts.tasks.array_rows import ArrayRows
from study.parts.tasks.data import LabelledInputs, Labels
from study.parts.tasks.registry import register_data

_LICENCE = "CC BY 4.0 (UCI Machine Learning Repository, {})"
_CANCER = _LICENCE.format("Breast Cancer Wisconsin, Diagnostic")
_WINE = _LICENCE.format("Wine")
_DIABETES = "not stated (Efron, Hastie, Johnstone and Tibshirani, 2004, Least Angle Regression)"


@register_data(
    "breast_cancer",
    summary="569 rows of 30 numbers, shapes of cell nuclei, 2 classes; needs no download; for `mlp`",
    targets=("diagnosis",),
    licence=_CANCER,
)
def load_breast_cancer(argument: str | None, *, root: Path, targets: Sequence[str | None]) -> LabelledInputs:
    """Load Wisconsin's breast cancer data (Street et al., 1993)."""
    from sklearn import datasets

    return _classified(datasets.load_breast_cancer, "breast_cancer", "diagnosis", _CANCER)


@register_data(
    "wine",
    summary="178 rows of 13 numbers, chemistry of wines, 3 classes; needs no download; for `mlp`",
    targets=("cultivar",),
    licence=_WINE,
)
def load_wine(argument: str | None, *, root: Path, targets: Sequence[str | None]) -> LabelledInputs:
    """Load the wines of three cultivars (Aeberhard et al., 1992)."""
    from sklearn import datasets

    return _classified(datasets.load_wine, "wine", "cultivar", _WINE)


@register_data(
    "diabetes",
    summary="442 rows of 10 numbers of patients, for a number (kind: regression); needs no download; for `mlp`",
    targets=("progression",),
    licence=_DIABETES,
)
def load_diabetes(argument: str | None, *, root: Path, targets: Sequence[str | None]) -> LabelledInputs:
    """Load the diabetes data, whose target is the progression of the disease after a year (Efron et al., 2004)."""
    from sklearn import datasets

    data = datasets.load_diabetes(scaled=False)
    return LabelledInputs(
        inputs=ArrayRows(data.data, source="diabetes", columns=[str(name) for name in data.feature_names]),
        labels={"progression": Labels.of_numbers(data.target)},
        licence=_DIABETES,
    )


def _classified(read: Callable[[], Any], source: str, target: str, licence: str) -> LabelledInputs:
    data = read()
    classes = tuple(str(name) for name in data.target_names)
    return LabelledInputs(
        inputs=ArrayRows(data.data, source=source, columns=[str(name) for name in data.feature_names]),
        labels={target: Labels(values=data.target.astype(np.int64), classes=classes)},
        licence=licence,
    )
