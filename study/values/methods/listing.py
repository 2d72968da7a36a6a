"""Every method."""

from __future__ import annotations

from study.values.methods.entry import MethodEntry
from study.values.methods.fine_tuning import FINE_TUNING
from study.values.methods.multi_task import MULTI_TASK
from study.values.methods.objectives import OBJECTIVES
from study.values.methods.optimisation import OPTIMISATION
from study.values.methods.search import SEARCH
from study.values.methods.tables import TABLES
from study.values.methods.target_kinds import TARGET_KINDS
from study.values.methods.text import TEXT

METHODS: tuple[MethodEntry, ...] = (
    *OPTIMISATION,
    *FINE_TUNING,
    *MULTI_TASK,
    *TEXT,
    *TABLES,
    *TARGET_KINDS,
    *SEARCH,
    *OBJECTIVES,
)
"""Families together, in the order of the list."""
