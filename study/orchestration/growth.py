"""Asking an autoscaling cluster to grow to what a study may use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ray.autoscaler.sdk import request_resources

from study.values.spec import ResourcesSpec


@contextmanager
def grown(resources: ResourcesSpec) -> Iterator[None]:
    """Ask for room for `max_concurrent_trials` inside the block, and give it up after.

    Configurations are asked for when there is room for them and not before, so a cluster would see nothing that waits
    and never grow by itself. Where `max_concurrent_trials` is not given the study takes the cluster as it is. A cluster
    that does not scale ignores what is asked.
    """
    if resources.max_concurrent_trials is None:
        yield
        return
    bundle = {"CPU": resources.cpus_per_trial}
    if resources.gpus_per_trial > 0:
        bundle["GPU"] = resources.gpus_per_trial
    request_resources(bundles=[bundle] * resources.max_concurrent_trials)
    try:
        yield
    finally:
        request_resources(num_cpus=0)
