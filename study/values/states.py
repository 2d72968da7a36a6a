"""The states of a trial, and the one function that may change them."""

from __future__ import annotations

from enum import Enum


class TrialState(str, Enum):
    """Where a trial stands."""

    RUNNING = "running"
    """Asked for and not yet ended, whether or not a process works on it now."""
    COMPLETE = "complete"
    """Trained for all its epochs, or until it got no better: the only state that selection looks at."""
    PRUNED = "pruned"
    """Stopped early by the scheduler."""
    FAILED = "failed"
    """Went wrong; its record says why."""

    @property
    def is_final(self) -> bool:
        """Whether nothing can follow."""
        return self is not TrialState.RUNNING


def next_state(current: TrialState, wanted: TrialState) -> TrialState:
    """Return `wanted` if a trial may go there from `current`.

    Raises:
        ValueError: If it may not: a final state is final.
    """
    if current.is_final and wanted is not current:
        raise ValueError(f"a {current.value} trial cannot become {wanted.value}")
    return wanted
