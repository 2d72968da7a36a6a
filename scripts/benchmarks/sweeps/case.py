"""What is swept, and what one sweep gave."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Case:
    """Trials of a fixed simulated duration on one-CPU nodes."""

    nodes: int
    trials: int
    duration_s: float
    """Seconds that each trial sleeps."""
    epochs: int = 1


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One sweep."""

    wall_s: float
    """Seconds of the whole sweep, Tune's start included and the cluster's left out."""
    ends_s: list[float]
    """When each trial ended, in order; seconds since the sweep began."""
    driver_cpu_s: float
    """CPU seconds of the driver process during the sweep."""
    driver_mib: float
    """The driver's largest resident memory."""

    def overhead_s(self, case: Case) -> float:
        """Return the seconds a trial that a node spent on anything but the trial, after every node's first trial."""
        return self._slot_s(case, case.nodes, case.trials) - case.duration_s

    def overhead_at_s(self, case: Case, finished: int, *, window: int) -> float:
        """Return the same over the `window` trials around or before which `finished` have ended."""
        last = min(case.trials, finished + window // 2)
        return self._slot_s(case, last - window, last) - case.duration_s

    def efficiency(self, case: Case, *, with_start: bool) -> float:
        """Return the share of the nodes' time that trials slept, with or without every node's first trial."""
        if with_start:
            return case.trials * case.duration_s / (case.nodes * self.wall_s)
        return case.duration_s / self._slot_s(case, case.nodes, case.trials)

    def _slot_s(self, case: Case, first: int, last: int) -> float:
        """Return the seconds of a node for each of the trials that ended from the `first` to the `last`."""
        return case.nodes * (self.ends_s[last - 1] - self.ends_s[first - 1]) / (last - first)
