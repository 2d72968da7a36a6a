"""Which arms' spaces have no configuration left that no trial had: no trial's record tells that."""

from __future__ import annotations

from pydantic import Field

from study.values.frozen import Frozen


class UsedUp(Frozen):
    """What a search found out by asking."""

    arms: dict[str, int] = Field(default_factory=dict)
    """How many trials an arm ended with, by its id. That holds for an arm with as many trials and no other: one that is
    asked for another after all, its space having been changed, or of which a record was lost, may have more."""

    def holds_for(self, arm: str, num_trials: int) -> bool:
        """Whether an arm with so many trials gets no more of them, however many the spec allows.

        Args:
            arm: Its id.
            num_trials: That were handed out, ended or not.
        """
        return self.arms.get(arm) == num_trials
