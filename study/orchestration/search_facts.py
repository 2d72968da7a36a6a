"""What a study directory tells of a search that is in no trial's record."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from study.adapters.optuna_search.used_up_file import USED_UP_FILE
from study.adapters.records.seal import BrokenSealError
from study.adapters.records.sealed_file import SealedFile, Value
from study.values.problems import InputError, Problem
from study.values.screening import Screening
from study.values.used_up import UsedUp

SCREENING_FILE = "screening.json"
"""Within the study directory."""


@dataclass(frozen=True, kw_only=True)
class SearchFacts:
    """Why arms may have fewer trials than the spec allows, beside their budget and what their trials gave."""

    used_up: UsedUp = field(default_factory=UsedUp)
    """Whose spaces have no configuration left."""
    screening: Screening | None = None
    """How the backbones were scored; None where they are not screened, or not yet."""


def read_search_facts(directory: Path, *, location: str | None = None) -> SearchFacts:
    """Return what a study directory tells, while another process may write it.

    Args:
        directory: The study directory, on this machine.
        location: How it is named to people; its path where not given.

    Raises:
        InputError: If a file is damaged (names it, and what to do).
    """
    where = location or str(directory)
    screening = _read(directory / SCREENING_FILE, Screening, where)
    return SearchFacts(
        used_up=_read(directory / USED_UP_FILE, UsedUp, where) or UsedUp(),
        screening=screening if screening is not None and screening.is_whole else None,
    )


def _read(path: Path, kind: type[Value], location: str) -> Value | None:
    try:
        return SealedFile(path, kind).read()
    except BrokenSealError:
        remedy = f"`study resume {location}` sets it aside and finds it out anew"
        raise InputError(Problem(message=f"the file was damaged; {remedy}", file=str(path))) from None
