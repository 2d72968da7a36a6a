"""Texts of Hugging Face `datasets`: saved to disk, a folder of files, or a name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from study.parts.tasks.data import LabelledInputs
from study.parts.tasks.registry import register_data
from study.parts.tasks.sources.table import Table
from study.parts.tasks.sources.text_table import labelled_texts
from study.parts.tasks.split_names import SPLIT_NAMES
from study.parts.tasks.texts import Duplicates
from study.values.problems import InputError, Problem

_SAVED = ("dataset_dict.json", "state.json")
"""What `save_to_disk` writes into a folder."""


@register_data(
    "huggingface",
    summary="texts of Hugging Face datasets: a folder that save_to_disk wrote, a folder of files, or a name",
    argument="PATH_OR_NAME",
)
def load(
    argument: str,
    *,
    root: Path,
    targets: Sequence[str | None],
    config: str | None = None,
    text_column: str = "text",
    text_columns: list[str] | None = None,
    duplicates: Duplicates = "refuse",
) -> LabelledInputs:
    """Read the splits train, validation and test, as far as they are there; a single split of any name is train.

    A name that is no folder is looked for on the Hugging Face hub, which needs internet access the first time. A data
    set that is a script is refused by `datasets` itself: nothing of it is executed.

    Args:
        argument: Folder relative to `root`, or a name such as `ag_news`.
        root: Folder of the spec.
        targets: Label columns wanted; of class labels, and of lists of them, the names are taken, and -1 is no label.
        config: Which of the configurations that a name may have.
        text_column: Column of the texts.
        text_columns: The two columns of a pair, in place of `text_column`.
        duplicates: What is done about equal texts that could be both trained and tested on.

    Raises:
        InputError: If it cannot be had, or with all that is wrong with it.
    """
    splits = _named(_load(argument, config, root), argument)
    columns = next(iter(splits.values())).column_names
    for name, one in splits.items():
        if set(one.column_names) != set(columns):
            raise InputError(f"{argument}: split {name} has other columns ({', '.join(one.column_names)})")
    table: Table = {column: [v for one in splits.values() for v in _values(one, column)] for column in columns}
    names = np.repeat(np.array(list(splits), dtype=np.str_), [len(one) for one in splits.values()])
    return labelled_texts(
        table,
        what=argument,
        columns=text_columns or [text_column],
        targets=targets,
        place=lambda position: f"row {position} (split {names[position]})",
        split=names if len(splits) > 1 else None,
        duplicates=duplicates,
        licence=str(next(iter(splits.values())).info.license or "") or None,
    )


def _load(argument: str, config: str | None, root: Path) -> Any:
    if find_spec("datasets") is None:
        raise InputError(f"huggingface:{argument} needs package datasets: pip install 'pretrained-study[text]'")
    from datasets import load_dataset, load_from_disk

    folder = root / argument
    try:
        if any((folder / name).is_file() for name in _SAVED):
            return load_from_disk(str(folder))
        return load_dataset(str(folder) if folder.is_dir() else argument, config)
    except Exception as error:  # of the library's many kinds, and those of the network
        reason = str(error).partition("\n")[0]
        message = f"cannot load {argument} with datasets: {type(error).__name__}: {reason}"
        if not folder.is_dir():
            message += f"; there is no folder {folder} either, which save_to_disk would write where the hub is at hand"
        raise InputError(Problem(message=message, location=("data",))) from error


def _named(loaded: Any, argument: str) -> Mapping[str, Any]:
    """Return the splits by the name that the study has for them."""
    if not isinstance(loaded, Mapping):
        return {"train": loaded}
    if len(loaded) == 1:
        return {"train": next(iter(loaded.values()))}
    found = {SPLIT_NAMES[name]: split for name, split in loaded.items() if name in SPLIT_NAMES}
    if "train" not in found:
        allowed = ", ".join(SPLIT_NAMES)
        raise InputError(
            f"{argument} has the splits {', '.join(map(str, loaded))}, none of them train; read: {allowed}"
        )
    return found


def _values(split: Any, column: str) -> list[Any]:
    values, feature = list(split[column]), split.features[column]
    names = getattr(feature, "names", None)
    if names is not None:
        return [None if value is None or value < 0 else names[value] for value in values]
    listed = getattr(getattr(feature, "feature", None), "names", None)
    if listed is not None:
        return [None if value is None else [listed[one] for one in value] for value in values]
    return values
