"""What the search would have found with fewer trials or less time, so that arms are compared at equal cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from study.orchestration.findings.table import stacked, table_of
from study.statistics.expected_best import expected_best, expected_best_in_time, first_crossing
from study.values.arm import Arm
from study.values.records import TrialRecord
from study.values.states import TrialState

_NUM_TIMES = 40


def by_trials(searched: Mapping[str, Sequence[TrialRecord]]) -> pd.DataFrame:
    """Return the expected best validation objective after n trials of each arm: `arm`, `trials`, `expected_best`.

    A trial that was stopped early counts with what it had reached. Only random search makes trials alike, as the
    estimate takes them to be: under TPE later ones are better, and what few trials give is overestimated.
    """
    curves = [
        pd.DataFrame({"arm": arm, "trials": range(1, len(curve) + 1), "expected_best": curve})
        for arm, records in searched.items()
        if (curve := _curve(records)) is not None
    ]
    return stacked(curves, ["arm", "trials", "expected_best"])


def by_time(searched: Mapping[str, Sequence[TrialRecord]], *, seed: int) -> pd.DataFrame:
    """Return the expected best validation objective in a time of each arm: `arm`, `seconds`, `expected_best`.

    Seconds are what the trials themselves took, one after the other: their epochs' durations.
    """
    curves = []
    for arm, records in searched.items():
        scored = _scored(records)
        if not scored:
            continue
        took = [max(1e-6, sum(epoch.duration_s for epoch in record.epochs)) for record in scored]
        seconds = np.linspace(max(took), sum(took), _NUM_TIMES)
        maximize = scored[0].plan.arm.maximize
        rng = np.random.default_rng(seed)
        curve = expected_best_in_time(_objectives(scored), took, seconds, rng, maximize=maximize)
        curves.append(pd.DataFrame({"arm": arm, "seconds": seconds, "expected_best": curve}))
    return stacked(curves, ["arm", "seconds", "expected_best"])


def flips(arms: Iterable[Arm], curves: pd.DataFrame) -> pd.DataFrame:
    """Return where the order of two arms on the same tasks turns: `arm` (ahead at first), `against`, `from_trials`."""
    found = []
    values = {arm: part["expected_best"].to_numpy() for arm, part in curves.groupby("arm", sort=False)}
    for one, other in combinations(arms, 2):
        if one.task_names != other.task_names or one.id not in values or other.id not in values:
            continue
        turn = first_crossing(values[one.id], values[other.id])
        if turn is not None:
            ahead = (values[one.id][0] > values[other.id][0]) == one.maximize
            pair = (one.id, other.id) if ahead else (other.id, one.id)
            found.append({"arm": pair[0], "against": pair[1], "from_trials": turn})
    return table_of(found, ["arm", "against", "from_trials"])


def _curve(records: Sequence[TrialRecord]) -> np.ndarray | None:
    scored = _scored(records)
    return expected_best(_objectives(scored), maximize=scored[0].plan.arm.maximize) if scored else None


def _scored(records: Sequence[TrialRecord]) -> list[TrialRecord]:
    ended = (TrialState.COMPLETE, TrialState.PRUNED)
    return [record for record in records if record.state in ended and record.objective is not None]


def _objectives(records: Sequence[TrialRecord]) -> list[float]:
    return [record.objective for record in records if record.objective is not None]
