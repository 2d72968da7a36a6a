"""GLUE (Wang et al., 2019): its tasks, from the TSV files that it distributes."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from study.parts.tasks.data import LabelledInputs
from study.parts.tasks.registry import register_data
from study.parts.tasks.sources.table import Table
from study.parts.tasks.sources.text_table import labelled_texts
from study.values.problems import InputError, unknown_name


@dataclass(frozen=True, kw_only=True)
class GlueTask:
    """One task's files."""

    folder: str
    """As GLUE's archives call it."""
    texts: tuple[str, ...]
    """Columns of the text, or of the pair."""
    label: str
    """Column of the label."""
    header: tuple[str, ...] | None = None
    """Names of the columns, where the files have no header."""


GLUE = {
    "cola": GlueTask(
        folder="CoLA", texts=("sentence",), label="label", header=("source", "label", "original_label", "sentence")
    ),
    "sst2": GlueTask(folder="SST-2", texts=("sentence",), label="label"),
    "mrpc": GlueTask(folder="MRPC", texts=("#1 String", "#2 String"), label="Quality"),
    "qqp": GlueTask(folder="QQP", texts=("question1", "question2"), label="is_duplicate"),
    "mnli": GlueTask(folder="MNLI", texts=("sentence1", "sentence2"), label="gold_label"),
    "qnli": GlueTask(folder="QNLI", texts=("question", "sentence"), label="label"),
    "rte": GlueTask(folder="RTE", texts=("sentence1", "sentence2"), label="label"),
    "wnli": GlueTask(folder="WNLI", texts=("sentence1", "sentence2"), label="label"),
}
"""Its tasks of classes, by name; STS-B has numbers."""

_SCORES = {"stsb": "how alike its sentences are is a number from 0 to 5 and no class"}
_LICENCE = "each task's own: see the papers that GLUE (gluebenchmark.com) names"
_NO_LABEL = "-"
"""What stands for a label that annotators did not agree on."""


@register_data(
    "glue",
    summary=f"a task of GLUE from its own TSV files: {', '.join(GLUE)}; its dev set is the test split",
    argument="TASK",
    targets=("label",),
    licence=_LICENCE,
)
def load(
    argument: str,
    *,
    root: Path,
    targets: Sequence[str | None],
    folder: str = "glue",
    mnli: Literal["matched", "mismatched"] = "matched",
) -> LabelledInputs:
    """Read a task; train.tsv is trained and validated on, dev.tsv is the test split.

    The labels of GLUE's own test files are not public, so that results are compared on dev: here it is opened once, by
    assessment, and validation is drawn from train. Lines with too few columns, or without a text, are passed over (a
    handful in QQP); equal texts in train and dev stay, as in all published results.

    Args:
        argument: Name of the task.
        root: Folder of the spec.
        targets: `label`.
        folder: Folder of the tasks' folders, as `CoLA` and `SST-2`; relative to `root`.
        mnli: Which dev set of MNLI: of the genres of train, or of others.

    Raises:
        InputError: If there is no such task, or its files are not there or not as GLUE has them.
    """
    if argument in _SCORES:
        raise InputError(f"glue:{argument} is left out: {_SCORES[argument]}; tasks of classes are {', '.join(GLUE)}")
    if argument not in GLUE:
        raise InputError(unknown_name(argument, GLUE, what="task of GLUE"))
    task = GLUE[argument]
    dev = f"dev_{mnli}.tsv" if argument == "mnli" else "dev.tsv"
    parts = {"train": "train.tsv", "test": dev}
    rows = {split: _rows(root / folder / task.folder / name, task) for split, name in parts.items()}
    examples = [row for of_split in rows.values() for row in of_split]
    texts = [f"text {number}" for number in range(1, len(task.texts) + 1)]
    table: Table = {name: [row[number] for row in examples] for number, name in enumerate(texts)}
    table["label"] = [None if row[-1] == _NO_LABEL else row[-1] for row in examples]
    return labelled_texts(
        table,
        what=f"glue:{argument}",
        columns=texts,
        targets=targets,
        place=lambda position: f"example {position}",
        split=np.repeat(np.array(list(rows), dtype=np.str_), [len(of_split) for of_split in rows.values()]),
        duplicates="keep",
        licence=_LICENCE,
    )


def _rows(path: Path, task: GlueTask) -> list[list[str]]:
    """Return the texts and the label of each line that has them.

    Raises:
        InputError: If there is no such file, or a column is not in it.
    """
    if not path.is_file():
        raise InputError(f"no such file: {path}; `folder` is where the folders of GLUE's tasks are")
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    header = list(task.header) if task.header else lines.pop(0) if lines else []
    missing = [name for name in (*task.texts, task.label) if name not in header]
    if missing:
        raise InputError(f"{path} has no column {', '.join(missing)}; found: {', '.join(header) or 'nothing'}")
    places = [header.index(name) for name in (*task.texts, task.label)]
    found = [[line[place] for place in places] for line in lines if len(line) > max(places)]
    return [row for row in found if all(text.strip() for text in row)]
