"""Which trials may be trained together, as one pack."""

from __future__ import annotations

from study.values.hyperparameters import Augmentation
from study.values.plan import TrialPlan
from study.values.task_balancing import TaskBalancing

MAX_TRIALS = 32
"""Of a pack, where the spec does not say."""
_OF_STAGES = {"lora_rank", "lora_layers", "lora_alpha", "adapter_width", "probe_epochs", "unfreeze_every"}
"""Methods that are of no effect where no stage is trained."""


def is_packable(plan: TrialPlan) -> bool:
    """Whether a trial may be one of a pack: it trains heads alone, on features that others share, by plain sums, and
    no other is to go on from it."""
    values = plan.hyperparameters
    shares_features = plan.feature_cache_gib > 0 and values.augmentation is Augmentation.NONE
    # Methods that go by what tasks share are the plain sum where nothing of that is trained.
    method = values.task_balancing
    is_plain = method is TaskBalancing.WEIGHTED_SUM or method.needs_shared_parameters
    takes_turns = values.task_sampling_exponent is None
    methods = set(values.methods) - _OF_STAGES
    alone = plan.num_workers > 1 or plan.micro_batches > 1 or methods or plan.course_epochs is not None
    return plan.trains_heads_only and shares_features and is_plain and takes_turns and not alone


def pack_together(one: TrialPlan, other: TrialPlan) -> bool:
    """Whether two trials may be of the same pack: they train alike, on the same examples."""
    alike = one.arm == other.arm and one.purpose is other.purpose and one.variant is None is other.variant
    return alike and one.validation_seed == other.validation_seed and is_packable(one) and is_packable(other)
