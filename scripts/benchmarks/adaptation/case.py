"""What is studied, and what one side gave."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Case:
    """One study."""

    study: str
    """`linear_probe`, `freezing_depth` or `shared_representation`."""
    trials: int
    epochs: int
    pack: int | None = None
    """`trials_per_pack` of ours."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One side's run."""

    wall_s: float
    """From the call to the end of the last trial, Ray's start left out."""
    ends_s: list[float]
    """When each trial ended, in order, seconds since the call."""
    best: list[float]
    """Best validation objective among the trials that had ended by then."""

    def trials_per_hour(self) -> float:
        """Return the throughput of the whole run, start included."""
        return 3600 * len(self.ends_s) / self.ends_s[-1]

    def seconds_to(self, objective: float) -> float:
        """Return when the best reached an objective; infinity if it did not."""
        pairs = zip(self.ends_s, self.best, strict=True)
        return next((end for end, best in pairs if best >= objective), float("inf"))
