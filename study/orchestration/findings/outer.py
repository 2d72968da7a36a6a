"""How well validation chose, by examples that were set aside: nothing was trained on them or decided by them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from study.orchestration.findings.table import table_of
from study.statistics.kendall import tau_interval
from study.values.records import TrialRecord
from study.values.seeds import derive_seed
from study.values.selection import oracle
from study.values.states import TrialState

_SCORES = ("arm", "trial", "validation", "outer")
_AGREEMENT = ("arm", "trials", "tau", "low", "high")
_REGRET = ("arm", "selected", "selected_outer", "oracle", "oracle_outer", "regret")


@dataclass(frozen=True, kw_only=True, eq=False)
class OuterFindings:
    """What the outer split says of each arm's complete trials."""

    scores: pd.DataFrame
    """A row a trial: `arm`, `trial`, `validation` (what it is compared by), `outer` (the arm's objective on the outer
    split)."""
    agreement: pd.DataFrame
    """A row an arm: `arm`, `trials`, `tau` (Kendall's tau-b between validation and outer), `low`, `high`."""
    oracle: pd.DataFrame
    """A row an arm: `arm`, `selected` and `oracle` (numbers of the trials that were chosen, and that the outer split
    would have chosen), `selected_outer` and `oracle_outer` (what they score there), `regret`.

    `regret` is by how much the oracle's is better, 0 or more. It is too large rather than too small: the oracle's score
    is the best of many, and flatters as a selected validation score does.
    """


def outer_findings(
    searched: Mapping[str, Sequence[TrialRecord]],
    selected: Mapping[str, TrialRecord],
    *,
    seed: int,
    confidence: float,
) -> OuterFindings | None:
    """Return what the outer split says; None where no complete trial was scored on one.

    Args:
        searched: Search trials by arm id.
        selected: The selected one of each arm.
        seed: Root of the resampling.
        confidence: Coverage of the intervals.
    """
    best = {arm: record for arm, trials in searched.items() if (record := oracle(trials)) is not None}
    if not best:
        return None
    scores = table_of([row for arm in best for row in _rows(arm, searched[arm])], _SCORES)
    agreed = [
        _agreement(str(arm), part, seed=derive_seed(seed, "outer", str(arm)), confidence=confidence)
        for arm, part in scores.groupby("arm", sort=False)
    ]
    return OuterFindings(
        scores=scores,
        agreement=table_of(agreed, _AGREEMENT),
        oracle=table_of([_regret(arm, selected[arm], record) for arm, record in best.items()], _REGRET),
    )


def _rows(arm: str, trials: Sequence[TrialRecord]) -> list[dict[str, object]]:
    return [
        {
            "arm": arm,
            "trial": record.plan.number,
            "validation": record.objective,
            "outer": record.outer_objective,
        }
        for record in trials
        if record.state is TrialState.COMPLETE and record.outer
    ]


def _agreement(arm: str, scores: pd.DataFrame, *, seed: int, confidence: float) -> dict[str, object]:
    validation, outer = scores["validation"].tolist(), scores["outer"].tolist()
    found = tau_interval(validation, outer, seed=seed, confidence=confidence)
    return {"arm": arm, "trials": len(scores), "tau": found.point, "low": found.low, "high": found.high}


def _regret(arm: str, selected: TrialRecord, best: TrialRecord) -> dict[str, object]:
    ours, theirs = selected.outer_objective, best.outer_objective
    assert ours is not None, "every complete trial of the arm was scored"
    assert theirs is not None, "every complete trial of the arm was scored"
    return {
        "arm": arm,
        "selected": selected.plan.number,
        "selected_outer": ours,
        "oracle": best.plan.number,
        "oracle_outer": theirs,
        "regret": theirs - ours if best.plan.arm.maximize else ours - theirs,
    }
