"""Racing: arms that are behind after as many trials as others get no more of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from study.values.records import TrialRecord
from study.values.states import TrialState


@dataclass(frozen=True, kw_only=True)
class Entrant:
    """An arm in a race."""

    arm: str
    """Its id."""
    num_asked: int
    """Trials that it was asked for."""
    ended: Mapping[int, float | None]
    """Objective of each trial that ended, by its place among the arm's, from 0; None of one that cannot be selected."""
    is_over: bool = False
    """Whether it gets no more trials in any case: its space or its budget is used up."""

    def has_ended(self, num_trials: int) -> bool:
        """Whether its first trials have ended, or all of those that it will have."""
        due = min(num_trials, self.num_asked) if self.is_over else num_trials
        return all(place in self.ended for place in range(due))


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """An arm that a race was decided against."""

    arm: str
    num_trials: int
    """After how many of its trials: as many as of the others, or all that it had."""
    best: float | None
    """Its best objective among them; None where none of its trials was complete."""
    num_kept: int
    """Arms that went on."""
    num_arms: int
    """Arms that it was compared with, itself included."""
    leader: str
    """The best of them."""
    leader_best: float

    def __str__(self) -> str:
        best = "none of its trials was complete" if self.best is None else f"its best was {self.best:.4g}"
        return (
            f"{self.arm}: stopped by search.racing after {self.num_trials} trials, when {self.num_kept} of "
            f"{self.num_arms} arms went on: {best}, that of {self.leader} {self.leader_best:.4g}, on validation"
        )


@dataclass(frozen=True, kw_only=True)
class Race:
    """Where a race stands."""

    stopped: Mapping[str, Stopped] = field(default_factory=dict)
    """By the arm's id."""
    limit: int | None = None
    """Trials that each arm still in it may be asked for before the next decision; None where no more is to come."""


def run_race(
    entrants: Sequence[Entrant],
    rungs: Iterable[int],
    *,
    reduction_factor: float,
    maximize: bool,
    trusts_the_past: bool = False,
) -> Race:
    """Return where a race of arms stands: successive halving, with arms in place of configurations.

    After so many trials of each the best 1 / reduction_factor of the arms by their best objective go on, the others get
    no more (Karnin et al., 2013, algorithm 2, with the number of trials growing from round to round as in Jamieson and
    Talwalkar, 2016). A pure function of what the trials gave: an interrupted study decides the same.

    Args:
        entrants: Arms on the same tasks.
        rungs: Numbers of trials after which is decided, ascending.
        reduction_factor: Above 1.
        maximize: Whether a higher objective is better.
        trusts_the_past: Whether a decision counts as made where an arm has more trials than that, though the record of
            one that it went by may be missing.
    """
    left, stopped = list(entrants), dict[str, Stopped]()
    for rung in rungs:
        if len(left) == 1:
            break
        is_past = trusts_the_past and any(one.num_asked > rung for one in left)
        if not is_past and not all(one.has_ended(rung) for one in left):
            return Race(stopped=stopped, limit=rung)
        bests = {one.arm: _best(one, rung, maximize) for one in left}
        ordered = sorted(left, key=lambda one: _rank(bests[one.arm], maximize))
        leader_best = bests[ordered[0].arm]
        if leader_best is None:
            continue  # nothing is known of any
        num_kept = math.ceil(len(left) / reduction_factor)
        for one in ordered[num_kept:]:
            stopped[one.arm] = Stopped(
                arm=one.arm,
                num_trials=min(rung, one.num_asked),
                best=bests[one.arm],
                num_kept=num_kept,
                num_arms=len(left),
                leader=ordered[0].arm,
                leader_best=leader_best,
            )
        left = [one for one in left if one.arm not in stopped]
    return Race(stopped=stopped)


def raced_objective(record: TrialRecord) -> float | None:
    """Return what a trial that ended counts for in a race; None where it cannot be selected."""
    value = record.objective
    if record.state is not TrialState.COMPLETE or value is None or not math.isfinite(value) or not record.is_feasible:
        return None
    return value


def _best(entrant: Entrant, num_trials: int, maximize: bool) -> float | None:
    known = [entrant.ended[place] for place in range(num_trials) if place in entrant.ended]
    values = [value for value in known if value is not None]
    return (max(values) if maximize else min(values)) if values else None


def _rank(best: float | None, maximize: bool) -> float:
    """Return what sorts arms best first; equal ones stay in their order."""
    if best is None:
        return math.inf
    return -best if maximize else best
