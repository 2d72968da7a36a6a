"""What an autoscaling cluster is asked for while a study runs."""

import json

import pytest
from ray.autoscaler._private.constants import AUTOSCALER_RESOURCE_REQUEST_CHANNEL
from ray.experimental.internal_kv import _internal_kv_get

from study.orchestration.growth import grown
from study.values.spec import ResourcesSpec

pytestmark = pytest.mark.ray


def asked():
    value = _internal_kv_get(AUTOSCALER_RESOURCE_REQUEST_CHANNEL)
    return json.loads(value) if value else None


def test_room_for_all_trials_at_once_is_asked_for_and_given_up(local_ray):
    resources = ResourcesSpec(cpus_per_trial=2, gpus_per_trial=0.5, max_concurrent_trials=3)
    with grown(resources):
        bundles = asked()
        assert bundles == [{"CPU": 2, "GPU": 0.5}] * 3
    assert not asked()


def test_a_study_without_a_limit_takes_the_cluster_as_it_is(local_ray):
    before = asked()
    with grown(ResourcesSpec(cpus_per_trial=2)):
        assert asked() == before
