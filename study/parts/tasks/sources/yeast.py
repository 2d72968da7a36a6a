"""Yeast: genes and the functional classes that each has any number of, from the package river."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from study.parts.tasks.array_rows import ArrayRows
from study.parts.tasks.data import LabelledInputs, Labels
from study.parts.tasks.registry import register_data
from study.values.problems import InputError

_LICENCE = "not stated (Elisseeff and Weston, 2001; as MULAN has it); the package river is BSD-3-Clause"
_NUM_LABELS = 14


@register_data(
    "yeast",
    summary="2,417 rows of 103 numbers, genes of yeast, any of 14 labels (kind: multi_label); needs no download; for "
    "`mlp`",
    targets=("functions",),
    licence=_LICENCE,
)
def load(argument: str | None, *, root: Path, targets: Sequence[str | None]) -> LabelledInputs:
    """Load gene expressions and phylogenetic profiles, and the functional classes of each gene.

    Elisseeff and Weston, 2001, A kernel method for multi-labelled classification; as the library MULAN has them
    (Tsoumakas et al., 2011), train and test of the authors together.

    Raises:
        InputError: If the package is not installed.
    """
    with gzip.open(_file(), "rt", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    table = np.array(rows, dtype=np.float64)
    return LabelledInputs(
        inputs=ArrayRows(table[:, :-_NUM_LABELS], source="yeast", columns=header[:-_NUM_LABELS]),
        labels={"functions": Labels.of_matrix(table[:, -_NUM_LABELS:], header[-_NUM_LABELS:])},
        licence=_LICENCE,
    )


def _file() -> Path:
    # Found without importing: the package's modules are many, and its file is plain.
    package = find_spec("river")
    if package is None or package.origin is None:
        raise InputError("yeast needs package river: pip install 'pretrained-study[yeast]' (Python 3.11 or later)")
    return Path(package.origin).parent / "datasets" / "yeast.csv.gz"
