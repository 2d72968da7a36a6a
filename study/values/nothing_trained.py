"""What a trial's notes say where its unfrozen stages have nothing that its method learns by."""

from __future__ import annotations

from collections.abc import Mapping

LOW_RANK_NOTE = "low_rank"
"""Key of the note on low-rank changes."""
ADAPTERS_NOTE = "adapters"
"""Key of the note on adapters."""
NOTHING_TRAINED = "nothing of them is trained"
"""What such a note ends in where the unfrozen stages have none."""


def is_nothing_trained(notes: Mapping[str, str]) -> bool:
    """Whether a trial's notes say that nothing of its backbone was trained."""
    return any(notes.get(name, "").endswith(NOTHING_TRAINED) for name in (LOW_RANK_NOTE, ADAPTERS_NOTE))
