"""Every method."""

from __future__ import annotations

from study.values.methods.entry import MethodEntry
from study.values.methods.multi_task import MULTI_TASK
from study.values.methods.optimisation import OPTIMISATION
from study.values.methods.search import SEARCH

METHODS: tuple[MethodEntry, ...] = (*OPTIMISATION, *MULTI_TASK, *SEARCH)
"""Families together, in the order of the list."""
