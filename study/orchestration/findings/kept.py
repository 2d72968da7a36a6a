"""What assessments kept beside their weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TypeVar

from study.learning.manifest import DamagedCheckpointError, check_manifest
from study.trial.affinity import FILE as AFFINITY
from study.trial.out_of_distribution import ELSEWHERE
from study.trial.out_of_distribution import FILE as OUT_OF_DISTRIBUTION
from study.trial.predictions import FILE as PREDICTIONS
from study.trial.robustness import FILE as ROBUSTNESS
from study.values.problems import InputError
from study.values.records import TrialRecord

T = TypeVar("T")

_KEPT = (PREDICTIONS, ROBUSTNESS, OUT_OF_DISTRIBUTION, ELSEWHERE, AFFINITY)


class Undamaged:
    """Brings folders of assessments in which what they kept is as it was written, and remembers the others."""

    def __init__(self, bring: Callable[[str], Path]) -> None:
        """Bring folders by `bring`, which returns one of the study directory, fetched if it is elsewhere."""
        self._bring = cache(bring)  # what lies at a URL is fetched once
        self.damaged: dict[str, str] = {}
        """What is wrong with them, by folder."""

    def __call__(self, name: str) -> Path:
        """Return a folder.

        Raises:
            DamagedCheckpointError: If it is damaged.
        """
        folder = self._bring(name)
        try:
            check_manifest(folder, names=_KEPT)
        except DamagedCheckpointError as error:
            self.damaged[name] = str(error)
            raise
        return folder


def kept(record: TrialRecord, bring: Callable[[str], Path], load: Callable[[Path], Sequence[T]]) -> Sequence[T]:
    """Return what an assessment kept; nothing where it kept none, such as one of an earlier version.

    Args:
        record: The assessment's.
        bring: Returns a folder of the study directory, fetched if it is elsewhere. What it raises of a damaged one is
            what `Undamaged` remembers: such an assessment is left out.
        load: Reads it from the folder.

    Raises:
        DamagedCheckpointError: If an earlier version wrote it, with no checksum, and it cannot be read.
    """
    if record.checkpoint is None:
        return []
    try:
        folder = bring(record.checkpoint)
    except DamagedCheckpointError:
        return []
    try:
        return load(folder)
    except DamagedCheckpointError:
        raise
    except InputError:
        return []
