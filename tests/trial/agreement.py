"""That a trial is the same however it is carried out."""

from pathlib import Path

from test_trial import assert_close, metrics

from study.trial.pack import TrialPack
from study.trial.trial import Trial
from study.values.plan import TrialPlan


def assert_agrees(planned: TrialPlan, other: TrialPlan, folder: Path) -> None:
    """Assert that a trial on cached features has the same metrics without the cache, in a pack, and gone on with.

    Args:
        planned: The trial.
        other: Of the same pack.
        folder: Where it may be saved.
    """
    expected = metrics(planned)
    assert_close(metrics(planned.model_copy(update={"feature_cache_gib": 0.0})), expected)
    assert_packed([planned, other], [expected, metrics(other)])
    trial = Trial(planned)
    next(trial.epochs())
    trial.save(folder / "saved")
    resumed = Trial(planned.model_copy(update={"checkpoint": str(folder / "saved")}))
    assert_close([epoch.metrics for epoch in resumed.epochs()], expected[1:], 0)


def assert_packed(plans: list[TrialPlan], alone: list[list[dict[str, float]]], tolerance: float = 1e-4) -> None:
    """Assert that trials packed together have the metrics that they have alone, epoch by epoch."""
    packed: list[list[dict[str, float]]] = [[] for _ in plans]
    for outcomes in TrialPack(plans).epochs():
        for number, outcome in outcomes.items():
            packed[number].append(outcome.metrics)
    for one, expected in zip(packed, alone, strict=True):
        assert_close(one, expected, tolerance)
