"""What a study may spend, on what it runs and where it writes."""

from __future__ import annotations

from pydantic import Field

from study.values.frozen import Frozen


class BudgetSpec(Frozen):
    """What a study may spend."""

    epochs: int = Field(default=10, ge=1)
    """Epochs of a whole trial."""
    wall_clock_s: float | None = Field(default=None, gt=0)
    """Seconds after which no more is searched; what is running then can be resumed."""


class ResourcesSpec(Frozen):
    """What one trial is given, and how many run at once."""

    cpus_per_trial: float = Field(default=1, gt=0)
    """CPUs a trial; its threads are set to them."""
    gpus_per_trial: float = Field(default=0, ge=0)
    """GPUs a trial; a fraction shares one GPU between trials."""
    max_concurrent_trials: int | None = Field(default=None, ge=1)
    """Trials at once; as many as the cluster holds where not given."""
    max_failures: int = Field(default=3, ge=0)
    """Times that a trial whose worker or node died is tried again, from its last checkpoint."""
    cache_dir: str | None = None
    """Folder on every node for decoded images and features of frozen stages; a temporary one where not given."""
    feature_cache_gib: float = Field(default=4, ge=0)
    """Largest entry of the feature cache, in GiB; 0 turns that cache off."""


class AssessmentSpec(Frozen):
    """How the selected configuration of each arm is scored."""

    seeds: int = Field(default=3, ge=1)
    """Times it is retrained with fresh seeds; each is scored on test once. An interval needs at least 2."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    """Coverage of the reported interval."""


class StorageSpec(Frozen):
    """Where Optuna keeps its trials."""

    url: str | None = None
    """A database URL (postgresql://..., mysql://...); an SQLite file in the study directory where not given."""
