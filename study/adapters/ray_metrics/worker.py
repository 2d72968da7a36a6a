"""The workers' custom metrics: what they trained and what they found in the feature cache."""

from __future__ import annotations

from study.adapters.ray_metrics.counters import count
from study.adapters.ray_metrics.names import CACHE_BYTES, CACHE_HITS, CACHE_MISSES, EPOCHS, SAMPLES
from study.values.plan import TrialPlan
from study.values.records import EpochRecord


class WorkerMetrics:
    """Counts what one trial does in this process."""

    def __init__(self, study: str, plan: TrialPlan) -> None:
        self._labels = {"study": study, "arm": plan.arm.id, "purpose": plan.purpose.value}
        self._features_counted = False

    def epoch(self, record: EpochRecord) -> None:
        """Count an epoch and, at the first that this process trains, how the trial came by its features."""
        count(EPOCHS, 1, **self._labels)
        count(SAMPLES, record.num_samples, **self._labels)
        if not self._features_counted:
            self._features_counted = True
            count(CACHE_HITS, record.features.hits, **self._labels)
            count(CACHE_MISSES, record.features.misses, **self._labels)
            count(CACHE_BYTES, record.features.hit_bytes, **self._labels, use="hit")
            count(CACHE_BYTES, record.features.miss_bytes, **self._labels, use="miss")
