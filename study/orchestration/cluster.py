"""What the Ray cluster holds: how many trials at once, and whether any node holds one at all."""

from __future__ import annotations

import math

import ray

from study.values.problems import InputError, Problem
from study.values.spec import ResourcesSpec


def capacity(resources: ResourcesSpec) -> int:
    """Return how many trials the cluster holds at once now, at most `max_concurrent_trials`."""
    room = sum(rooms(resources).values())
    return min(room, resources.max_concurrent_trials or room)


def rooms(resources: ResourcesSpec) -> dict[str, int]:
    """Return how many trials each node holds, by its id; a trial's workers are all on one node."""
    return {node["NodeID"]: _room(node["Resources"], resources) for node in ray.nodes() if node["Alive"]}


def check_fits(resources: ResourcesSpec) -> None:
    """Refuse a trial that no node of the cluster could ever hold.

    Raises:
        InputError: Naming what a trial asks and what the largest node has.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    if any(_room(node, resources) >= 1 for node in nodes):
        return
    problems = []
    for key, name, asked in (
        ("cpus_per_trial", "CPU", resources.cpus_per_trial),
        ("gpus_per_trial", "GPU", resources.gpus_per_trial),
    ):
        largest = max((node.get(name, 0) for node in nodes), default=0)
        if asked > largest:
            message = f"asks {asked:g} {name}{'' if asked == 1 else 's'} a trial; the largest node has {largest:g}"
            problems.append(Problem(message=message, location=("resources", key)))
    raise InputError(problems or "no single node has both the CPUs and the GPUs that a trial asks")


def _room(available: dict[str, float], resources: ResourcesSpec) -> int:
    room = math.floor(available.get("CPU", 0) / resources.cpus_per_trial + 1e-9)
    asked, gpus = resources.gpus_per_trial, available.get("GPU", 0)
    if asked >= 1:
        return min(room, math.floor(gpus / asked + 1e-9))
    if asked > 0:  # a share is of one GPU: what is left of two is no place for a third
        return min(room, math.floor(gpus) * math.floor(1 / asked + 1e-9))
    return room
