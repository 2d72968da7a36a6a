"""Hyperparameters under plain names, as tables and spaces have them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from study.values.balancing_settings import BalancingSettings
from study.values.fine_tuning_methods import FineTuningMethods
from study.values.hyperparameters import Hyperparameters

_METHODS = {*FineTuningMethods.model_fields, *BalancingSettings.model_fields}
"""Methods that most configurations do without, and their settings."""


def flat(values: Hyperparameters) -> dict[str, Any]:
    """Return hyperparameters with nested ones under dotted names, without those that are not set."""
    return dict(_flatten(values.model_dump(mode="json", exclude_none=True)))


def told(values: Hyperparameters) -> dict[str, Any]:
    """Return the same without methods that are off and settings that are as they are when nobody sets them."""
    fields = Hyperparameters.model_fields
    usual = {name for name in _METHODS if getattr(values, name) == fields[name].default}
    return {name: value for name, value in flat(values).items() if name not in usual}


def _flatten(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _flatten(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", value))
    return found
