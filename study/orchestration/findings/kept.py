"""What assessments kept beside their weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from study.values.problems import InputError
from study.values.records import TrialRecord

T = TypeVar("T")


def kept(record: TrialRecord, bring: Callable[[str], Path], load: Callable[[Path], Sequence[T]]) -> Sequence[T]:
    """Return what an assessment kept; nothing where it kept none, such as one of an earlier version.

    Args:
        record: The assessment's.
        bring: Returns a folder of the study directory, fetched if it is elsewhere.
        load: Reads it from the folder.
    """
    try:
        return [] if record.checkpoint is None else load(bring(record.checkpoint))
    except InputError:
        return []
