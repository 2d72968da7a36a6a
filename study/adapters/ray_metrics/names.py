"""Every custom metric's name, spelled once, with its kind, unit, help text and labels; imports no Ray."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

PREFIX = "study_"
"""What every name begins with, beside the `ray_` that Ray puts before it."""


class Kind(str, Enum):
    """How a metric behaves, in Prometheus' words."""

    GAUGE = "gauge"
    """A value now, set by the study's driver while the study runs; it vanishes 20 seconds after."""
    COUNTER = "counter"
    """A sum that only grows, counted in the workers. A node goes on exporting what its dead workers counted."""


@dataclass(frozen=True, kw_only=True)
class CustomMetric:
    """A metric's identity."""

    name: str
    """As given to Ray."""
    kind: Kind
    unit: str
    help: str
    labels: tuple[str, ...]
    """Labels of ours; Ray adds WorkerId, NodeAddress, SessionName, Component and Version."""

    @property
    def exported(self) -> str:
        """Name under which Prometheus finds it."""
        return f"ray_{self.name}{'_total' if self.kind is Kind.COUNTER else ''}"


_ARM = ("study", "arm", "purpose")

TRIALS = CustomMetric(
    name="study_trials",
    kind=Kind.GAUGE,
    unit="trials",
    help="Trials of the study by state: running, complete, pruned, failed; those of earlier runs included.",
    labels=(*_ARM, "state"),
)
BEST_OBJECTIVE = CustomMetric(
    name="study_best_objective",
    kind=Kind.GAUGE,
    unit="of the metric in label `metric`",
    help="Validation objective of the best complete search trial of the arm.",
    labels=("study", "arm", "metric"),
)
FAILED_TRIALS = CustomMetric(
    name="study_failed_trials",
    kind=Kind.GAUGE,
    unit="trials",
    help="Failed trials by reason, numbers in it replaced by N; those of earlier runs included.",
    labels=(*_ARM, "reason"),
)
EPOCHS = CustomMetric(
    name="study_epochs",
    kind=Kind.COUNTER,
    unit="epochs",
    help="Epochs trained, those trained again after an interruption included.",
    labels=_ARM,
)
SAMPLES = CustomMetric(
    name="study_samples",
    kind=Kind.COUNTER,
    unit="training examples",
    help="Training examples gone through; an example of several tasks counts once.",
    labels=_ARM,
)
CACHE_HITS = CustomMetric(
    name="study_feature_cache_hits",
    kind=Kind.COUNTER,
    unit="entries",
    help="Entries of the feature cache that a trial found, counted at the end of its first epoch.",
    labels=_ARM,
)
CACHE_MISSES = CustomMetric(
    name="study_feature_cache_misses",
    kind=Kind.COUNTER,
    unit="entries",
    help="Entries of the feature cache that a trial had to compute, counted at the end of its first epoch.",
    labels=_ARM,
)
CACHE_BYTES = CustomMetric(
    name="study_feature_cache_bytes",
    kind=Kind.COUNTER,
    unit="bytes",
    help="Size of the entries of the feature cache that trials found (use=hit) or computed (use=miss).",
    labels=(*_ARM, "use"),
)

CUSTOM_METRICS = (TRIALS, BEST_OBJECTIVE, FAILED_TRIALS, EPOCHS, SAMPLES, CACHE_HITS, CACHE_MISSES, CACHE_BYTES)
