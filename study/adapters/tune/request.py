"""What a trial asks of the cluster."""

from __future__ import annotations

from ray.tune import PlacementGroupFactory

from study.values.spec import ResourcesSpec


def trial_request(resources: ResourcesSpec, node: str | None) -> PlacementGroupFactory:
    """Return a bundle for each worker of a trial, all on one node.

    Tune keeps an actor for the next trial with an equal request, hence for one on the same node.

    Args:
        resources: What each trial gets.
        node: Id of the node that it should rather be on; Ray takes another where that one is full or gone. None for
            any.
    """
    bundle = {
        "CPU": resources.cpus_per_trial / resources.workers_per_trial,
        "GPU": resources.gpus_per_trial / resources.workers_per_trial,
    }
    return PlacementGroupFactory(
        [bundle] * resources.workers_per_trial, strategy="STRICT_PACK", _soft_target_node_id=node
    )
