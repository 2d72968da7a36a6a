"""Every method."""

from __future__ import annotations

from study.values.methods.entry import MethodEntry
from study.values.methods.optimisation import OPTIMISATION
from study.values.methods.tables import TABLES

METHODS: tuple[MethodEntry, ...] = (*OPTIMISATION, *TABLES)
"""Families together, in the order of the list."""
