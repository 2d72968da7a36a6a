"""What TensorBoard's HPARAMS tab is told of a trial: flat names, and values it can hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

import numpy as np

from study.values.plan import TrialPlan

Value = bool | float | str
"""What TensorBoard can hold."""


def plan_hparams(plan: TrialPlan) -> dict[str, Value]:
    """Return a trial's hyperparameters, and what it was given beside them under `arm/` and `trial/`."""
    arm = plan.arm
    facts = {
        "arm/name": arm.id,
        "arm/protocol": arm.protocol,
        "arm/backbone": arm.backbone.name,
        "arm/tasks": "+".join(arm.task_names),
        "trial/purpose": plan.purpose,
        "trial/seed": plan.seed,
    }
    return flatten({**facts, **plan.hyperparameters.model_dump()})


def flatten(values: Mapping[str, Any]) -> dict[str, Value]:
    """Return values by dotted name, as TensorBoard can hold them.

    None is left out: such a hyperparameter plays no part in the trial. So are NaN and infinity, which the tab cannot
    show. A tuple or list becomes its text.
    """
    flat: dict[str, Value] = {}
    for name, value in values.items():
        plain = _plain(value)
        if isinstance(plain, Mapping):
            flat.update({f"{name}.{inner}": deep for inner, deep in flatten(plain).items()})
        elif isinstance(plain, bool | str):
            flat[name] = plain
        elif isinstance(plain, int | float):
            if math.isfinite(plain):
                flat[name] = float(plain)
        elif plain is not None:
            flat[name] = str(plain)
    return flat


def _plain(value: Any) -> Any:
    """Return a value freed of enums and numpy, so that its text is what a person would write."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    if isinstance(value, tuple | list):
        return type(value)(map(_plain, value)) if type(value) in (tuple, list) else tuple(map(_plain, value))
    return value
