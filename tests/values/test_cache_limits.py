"""Limits of the cache: what a spec says reaches every plan, and plans written before there was one still load."""

from pathlib import Path

import pytest
from builders import plan
from pydantic import ValidationError

from study.values.plan import TrialPlan
from study.values.spec import ResourcesSpec


def test_a_spec_may_name_either_limit_or_none():
    limits = [
        (given.cache_gib, given.feature_cache_gib)
        for given in (ResourcesSpec(), ResourcesSpec(feature_cache_gib=1), ResourcesSpec(cache_gib=0.5))
    ]
    assert limits == [(20, 4), (20, 1), (0.5, 4)]


def test_a_negative_size_is_refused():
    with pytest.raises(ValidationError, match="greater than or equal to 0"):
        ResourcesSpec(cache_gib=-1)


def test_a_plan_from_before_the_folder_was_bounded_loads():
    old = plan().model_dump(mode="json")
    del old["cache_gib"]
    assert TrialPlan.model_validate(old).cache_gib == 20


def test_a_resumed_trial_has_the_limits_of_now():
    from study.adapters.checkpoint_shelf import LocalCheckpoints
    from study.orchestration.fresh import Fresh

    now = Fresh(
        directory=Path("/study"),
        checkpoints=LocalCheckpoints(Path("/study")),
        root=Path("/spec"),
        cache_dir=Path("/cache"),
        resources=ResourcesSpec(cache_gib=7, feature_cache_gib=2),
    )
    fresh = now.plan(plan())
    assert (fresh.cache_gib, fresh.feature_cache_gib) == (7, 2)
