"""Hyperparameters under plain names, as tables and spaces have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from study.values.hyperparameters import Hyperparameters


def flat(values: Hyperparameters) -> dict[str, Any]:
    """Return hyperparameters with nested ones under dotted names, without those that are not set."""
    return dict(_flatten(values.model_dump(mode="json", exclude_none=True)))


def _flatten(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _flatten(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found
