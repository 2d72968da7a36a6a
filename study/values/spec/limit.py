"""The most that a model may cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from study.values.frozen import Frozen


class Limit(Frozen):
    """A limit of one cost."""

    max: float = Field(gt=0, allow_inf_nan=False)
    """The most that it may be, in the unit of the cost's name."""

    @model_validator(mode="before")
    @classmethod
    def _a_number_is_the_most(cls, given: Any) -> Any:
        return given if isinstance(given, Mapping | Limit) else {"max": given}
