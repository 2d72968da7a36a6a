"""How the arms of a task stand: score, interval, chance of being best, and every pair compared."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from study.orchestration.findings.evidence import TaskEvidence, TestPredictions
from study.orchestration.findings.table import table_of
from study.statistics.best import expected_kendall_tau, rank_distribution
from study.statistics.bootstrap import bootstrap_scores, score_interval
from study.statistics.mcnemar import mcnemar
from study.statistics.paired import adjusted, compare
from study.statistics.predictions import Predictions
from study.statistics.resampled_scores import ResampledScores, resampled_scores
from study.statistics.resamples import Resamples
from study.values.seeds import derive_seed


@dataclass(frozen=True, kw_only=True, eq=False)
class Standings:
    """The arms of one task, best first."""

    scores: Mapping[str, ResampledScores]
    """By arm id."""
    table: pd.DataFrame
    """A row an arm: `arm`, `test`, `low`, `high`, `seeds`, `examples`, `probability_best`, `expected_rank`."""
    ranks: pd.DataFrame
    """Share of resamples in which an arm (row) takes a rank (column, from 1)."""
    stability: float
    """Mean Kendall tau between the order in a resample and that of the table; NaN for one arm."""
    comparisons: pd.DataFrame
    """A row a pair: `arm` (the better placed), `against`, `difference`, `low`, `high`, `p`, `p_holm`, `verdict`,
    `p_mcnemar`."""


def standings(evidence: TaskEvidence, *, seed: int, confidence: float, num_resamples: int = 2000) -> Standings:
    """Return how a task's arms stand, by bootstrap over their seeds and the test examples that they share.

    Args:
        evidence: On the task.
        seed: Root of the resampling.
        confidence: Coverage of the intervals.
        num_resamples: How many.
    """
    task = evidence.task
    scores = scores_of(evidence, seed=seed, num_resamples=num_resamples)
    best_first = _best_first(scores)
    scores = {arm: scores[arm] for arm in best_first}
    rng = np.random.default_rng(derive_seed(seed, "standings", task.name))
    draws = np.stack([bootstrap_scores(score, rng) for score in scores.values()])
    maximize = next(iter(scores.values())).metric.maximize
    shares = rank_distribution(draws, maximize=maximize)
    ranks = pd.DataFrame(shares, index=best_first, columns=range(1, len(scores) + 1))
    return Standings(
        scores=scores,
        table=_table(evidence, scores, shares, rng, confidence),
        ranks=ranks,
        stability=expected_kendall_tau(draws, np.array([score.point for score in scores.values()])),
        comparisons=_comparisons(evidence, scores, rng, confidence),
    )


def scores_of(evidence: TaskEvidence, *, seed: int, num_resamples: int = 2000) -> dict[str, ResampledScores]:
    """Return what each arm scores on the task's test examples and on resamples of them, the same for all arms.

    Args:
        evidence: On the task.
        seed: Root of the resampling.
        num_resamples: How many.
    """
    task = evidence.task
    # Of the data rather than of the task: tasks on the same examples are resampled together.
    resamples = Resamples(
        num_examples=len(evidence.examples), seed=derive_seed(seed, "resamples", task.data), num=num_resamples
    )
    return {arm: resampled_scores(test, task.metric, resamples) for arm, test in evidence.test.items()}


def _best_first(scores: Mapping[str, ResampledScores]) -> list[str]:
    sign = -1.0 if next(iter(scores.values())).metric.maximize else 1.0
    return sorted(scores, key=lambda arm: (sign * scores[arm].point, arm))


def _table(
    evidence: TaskEvidence,
    scores: Mapping[str, ResampledScores],
    shares: np.ndarray,
    rng: np.random.Generator,
    confidence: float,
) -> pd.DataFrame:
    rows = []
    for (arm, score), share in zip(scores.items(), shares, strict=True):
        interval = score_interval(score, rng, confidence=confidence)
        rows.append(
            {
                "arm": arm,
                "test": interval.point,
                "low": interval.low,
                "high": interval.high,
                "seeds": len(score.by_seed),
                "examples": len(evidence.examples),
                "probability_best": float(share[0]),
                "expected_rank": float(share @ np.arange(1, len(share) + 1)),
            }
        )
    return table_of(rows, list(rows[0]))


def _of_accuracy(one: TestPredictions, other: TestPredictions) -> float:
    """Return McNemar's p-value; NaN where examples are of no one class, so that they are not right or wrong, or one arm
    has more seeds than the other, as while assessments still run."""
    if not isinstance(one, Predictions) or not isinstance(other, Predictions):
        return math.nan
    return mcnemar(one, other).p_value if one.num_seeds == other.num_seeds else math.nan


def _comparisons(
    evidence: TaskEvidence, scores: Mapping[str, ResampledScores], rng: np.random.Generator, confidence: float
) -> pd.DataFrame:
    pairs = list(combinations(scores, 2))
    compared = adjusted([compare(scores[one], scores[other], rng, confidence=confidence) for one, other in pairs])
    rows = [
        {
            "arm": one,
            "against": other,
            "difference": comparison.difference.point,
            "low": comparison.difference.low,
            "high": comparison.difference.high,
            "p": comparison.p_value,
            "p_holm": comparison.adjusted_p_value,
            "verdict": comparison.verdict,
            "p_mcnemar": _of_accuracy(evidence.test[one], evidence.test[other]),
        }
        for (one, other), comparison in zip(pairs, compared, strict=True)
    ]
    columns = ["arm", "against", "difference", "low", "high", "p", "p_holm", "verdict", "p_mcnemar"]
    return table_of(rows, columns)
