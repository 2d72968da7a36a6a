"""Hyperparameters that change how a configuration is trained, each off where it is not given."""

from __future__ import annotations

from pydantic import Field

from study.values.frozen import Frozen


class FineTuningMethods(Frozen):
    """Part of the hyperparameters; with all of them off a trial trains as if there were none."""

    accumulation_steps: int = Field(default=1, ge=1)
    """Parts that a batch is computed in, one after the other, to take less memory. `batch_size` stays what a step is
    taken on: the gradient is the sum of the parts'. Only batch norm, dropout and mixing see the parts."""
    gradient_clip: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Largest L2 norm of all gradients together (Pascanu et al., 2013, algorithm 1)."""

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of those that are not off."""
        fields = FineTuningMethods.model_fields
        return tuple(name for name, field in fields.items() if getattr(self, name) != field.default)
