"""Which trials may be trained together, as one pack."""

from __future__ import annotations

from study.values.hyperparameters import Augmentation
from study.values.plan import TrialPlan

MAX_TRIALS = 32
"""Of a pack, where the spec does not say."""


def is_packable(plan: TrialPlan) -> bool:
    """Whether a trial may be one of a pack: it trains heads alone, on features that others share."""
    shares_features = plan.feature_cache_gib > 0 and plan.hyperparameters.augmentation is Augmentation.NONE
    alone = plan.num_workers > 1 or plan.micro_batches > 1 or plan.hyperparameters.methods
    return plan.trains_heads_only and shares_features and not alone


def pack_together(one: TrialPlan, other: TrialPlan) -> bool:
    """Whether two trials may be of the same pack: they train alike, on the same examples."""
    alike = one.arm == other.arm and one.purpose is other.purpose and one.variant is None is other.variant
    return alike and one.validation_seed == other.validation_seed and is_packable(one) and is_packable(other)
