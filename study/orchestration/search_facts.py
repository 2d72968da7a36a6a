"""What a study directory tells of a search that is in no trial's record."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from study.adapters.optuna_search.used_up_file import USED_UP_FILE
from study.adapters.records.sealed_file import SealedFile
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


def read_search_facts(directory: Path) -> SearchFacts:
    """Return what a study directory tells, while another process may write it.

    What a damaged file said is not known: the next run sets it aside and finds it out again.
    """
    return SearchFacts(
        used_up=SealedFile(directory / USED_UP_FILE, UsedUp).read_if_whole() or UsedUp(),
        screening=SealedFile(directory / SCREENING_FILE, Screening).read_if_whole(),
    )
