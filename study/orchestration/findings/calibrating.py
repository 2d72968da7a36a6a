"""Whether predicted probabilities mean what they say, before and after temperature scaling."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from study.orchestration.findings.evidence import SeedEvidence, TaskEvidence
from study.orchestration.findings.table import stacked, table_of
from study.statistics.calibration import adaptive_calibration_error, reliability_curve
from study.statistics.predictions import Predictions
from study.statistics.temperature import fit_temperature, scaled_probabilities
from study.statistics.weighted_metrics import WEIGHTED_METRICS

_METRICS = ("ece", "nll", "brier")
COLUMNS = ("arm", "temperature", *(f"{name}{when}" for name in (*_METRICS, "adaptive_ece") for when in ("", "_scaled")))


def calibration(evidence: TaskEvidence) -> pd.DataFrame:
    """Return a row an arm: temperature fitted on validation, and test metrics as predicted and scaled by it.

    Means over seeds; each has a temperature of its own. Empty where an example is not of one class.
    """
    rows: list[dict[str, object]] = []
    if not evidence.task.kind.has_classes:
        return table_of(rows, COLUMNS)
    for arm, seeds in evidence.arms.items():
        found = [_of_seed(seed) for seed in seeds]
        rows.append({"arm": arm, **{name: float(np.mean([one[name] for one in found])) for name in found[0]}})
    return table_of(rows, COLUMNS)


def reliability(evidence: TaskEvidence) -> pd.DataFrame:
    """Return the reliability curve of each arm, its seeds taken together: `arm`, `confidence`, `accuracy`, `count`."""
    columns = ["arm", "confidence", "accuracy", "count"]
    if not evidence.task.kind.has_classes:
        return table_of([], columns)
    curves = []
    for arm, seeds in evidence.arms.items():
        curve = reliability_curve(_pooled(seeds))
        rows = {"confidence": curve.confidence, "accuracy": curve.accuracy, "count": curve.count}
        curves.append(pd.DataFrame({name: np.ravel(values) for name, values in rows.items()}).assign(arm=arm))
    table: pd.DataFrame = stacked(curves, columns).dropna()
    return table


def _pooled(seeds: Sequence[SeedEvidence]) -> Predictions:
    logits = np.concatenate([seed.test.logits for seed in seeds])
    return Predictions.of_logits(logits[np.newaxis], np.concatenate([seed.test.labels for seed in seeds]))


def _of_seed(seed: SeedEvidence) -> dict[str, float]:
    temperature = fit_temperature(seed.validation.logits, seed.validation.labels)
    plain = Predictions.of_logits(seed.test.logits[np.newaxis], seed.test.labels)
    scaled = Predictions(scaled_probabilities(seed.test.logits, temperature)[np.newaxis], seed.test.labels)
    return {
        "temperature": temperature,
        **_metrics(plain, ""),
        **_metrics(scaled, "_scaled"),
    }


def _metrics(predictions: Predictions, suffix: str) -> dict[str, float]:
    weights = np.ones((1, predictions.num_examples))
    values = {
        name: WEIGHTED_METRICS[name](predictions.probabilities, predictions.labels, weights).item() for name in _METRICS
    }
    values["adaptive_ece"] = float(adaptive_calibration_error(predictions).mean())
    return {f"{name}{suffix}": value for name, value in values.items()}
