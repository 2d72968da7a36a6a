"""A table of texts, or pairs of them, and one or several columns of labels."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from study.parts.tasks.data import LabelledInputs
from study.parts.tasks.registry import register_data
from study.parts.tasks.sources.table import read_table
from study.parts.tasks.sources.table_columns import absent_columns, read_split_column, row_place
from study.parts.tasks.sources.text_table import labelled_texts
from study.parts.tasks.texts import Duplicates
from study.values.problems import InputError


@register_data(
    "texts",
    summary="a table (.csv, .parquet or .jsonl) of texts or pairs of them and label columns; each of these is a target",
    argument="PATH",
)
def load(
    argument: str,
    *,
    root: Path,
    targets: Sequence[str | None],
    text_column: str = "text",
    text_columns: list[str] | None = None,
    split_column: str | None = None,
    duplicates: Duplicates = "refuse",
) -> LabelledInputs:
    """Read a table of texts; an empty label means that the example has none for that target.

    Args:
        argument: Path of the table, relative to `root`. Messages count its rows from 1.
        root: Folder of the spec.
        targets: Label columns wanted.
        text_column: Column of the texts.
        text_columns: The two columns of a pair, in place of `text_column`.
        split_column: Column of `train`, `validation` or `test`.
        duplicates: What is done about equal texts that could be both trained and tested on.

    Raises:
        InputError: With all that is wrong: columns absent, rows without text, values that name no class or split.
    """
    path = root / argument
    table = read_table(path)
    absent = absent_columns(table, {"split_column": [split_column]}, path.name)
    split, torn = read_split_column(table, split_column, path.name)
    if absent or torn:
        raise InputError([*absent, *torn])
    return labelled_texts(
        table,
        what=path.name,
        columns=text_columns or [text_column],
        targets=targets,
        place=row_place,
        split=split,
        not_targets=[split_column],
        duplicates=duplicates,
    )
