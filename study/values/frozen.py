"""The base of every value that is written down: frozen, keyword-only, closed to unknown keys."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that cannot change once checked; each field's docstring stands under the field."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        use_attribute_docstrings=True,
        allow_inf_nan=True,
        ser_json_inf_nan="constants",
    )
