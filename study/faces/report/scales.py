"""How a hyperparameter's values run along an axis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

_DECADES = 2
"""Values that span as many are taken to have been searched on a logarithmic scale where the space does not say."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """Of one hyperparameter in some arms."""

    log: bool = False
    categories: tuple[str, ...] = ()
    """In their order; none for numbers."""


def scale_of(values: pd.Series, space: pd.DataFrame) -> Scale:
    """Return the scale of a hyperparameter's values.

    Args:
        values: Of the trials shown; missing ones have no part in it.
        space: The rows of the search space on it, one an arm; none where the space has another name for it.
    """
    present = values.dropna()
    numeric = pd.api.types.is_numeric_dtype(present) and not pd.api.types.is_bool_dtype(present)
    if not numeric or (len(space) and (space["kind"] == "categorical").all()):
        return Scale(categories=tuple(str(value) for value in sorted(present.unique(), key=_order)))
    if not len(present) or present.min() <= 0:
        return Scale()
    if len(space):
        return Scale(log=bool(space["log"].any()))
    return Scale(log=bool(np.log10(present.max() / present.min()) >= _DECADES))


def _order(value: object) -> tuple[bool, float, str]:
    number = isinstance(value, int | float | np.number)
    return (not number, float(value) if isinstance(value, int | float | np.number) else 0.0, str(value))
