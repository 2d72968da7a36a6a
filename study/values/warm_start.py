"""Configurations of earlier studies that a search begins with."""

from __future__ import annotations

from typing import Any

from study.values.frozen import Frozen


class WarmConfiguration(Frozen):
    """What a trial is to be, as far as the search space has a say in it."""

    values: dict[str, Any]
    """Hyperparameters by name, nested ones dotted, as spaces name their parameters."""
    source: str
    """Where it is from, for people: study directory and trial."""
