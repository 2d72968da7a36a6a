"""Other data of the same classes, that models are scored on and never trained on."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from study.values.frozen import Frozen
from study.values.spec.backbone import NAME_PATTERN


class OutOfDistributionSpec(Frozen):
    """Data from elsewhere (another hospital, camera, year) that each assessed model is scored on."""

    name: str = Field(pattern=NAME_PATTERN)
    """What it is called in results."""
    data: str
    """Written as a task's `data`. All its examples are used, whatever split it has of its own."""
    target: str | None = None
    """Which of its labels; may be left out where it has only one. Classes are matched with the task's by name."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Options of the data source."""
    limit: int | None = Field(default=None, ge=10)
    """Use only that many examples, drawn stratified."""
