"""Population based training: trials that go on from the best of those before them, with other hyperparameters."""

from __future__ import annotations

from pydantic import Field

from study.values.frozen import Frozen


class PopulationSpec(Frozen):
    """A population that is trained side by side, a generation of trials after the other (Jaderberg et al., 2017,
    Population Based Training of Neural Networks, algorithm 1, with generations in step)."""

    size: int = Field(ge=2)
    """Trials of each generation, an arm."""
    interval_epochs: int = Field(ge=1)
    """Epochs that each trial trains; `budget.epochs` is how many a trial of the last generation has behind it."""
    quantile: float = Field(default=0.2, gt=0, le=0.5, allow_inf_nan=False)
    """Share of a generation, at least one trial, that is given up: in place of each of the worst one of the best goes
    on once more, with other hyperparameters (truncation selection)."""
    resample_chance: float = Field(default=0.25, ge=0, le=1, allow_inf_nan=False)
    """Chance that such a trial has a hyperparameter drawn anew; otherwise it is multiplied by 0.8 or 1.2."""

    @property
    def num_replaced(self) -> int:
        """Trials of a generation that are not gone on with."""
        return max(1, int(self.size * self.quantile))
