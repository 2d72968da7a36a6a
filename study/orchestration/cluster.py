"""What the Ray cluster holds: how many trials each node holds at once, and whether any holds one at all."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import ray

from study.values.problems import InputError, Problem
from study.values.spec import ResourcesSpec

KNOWN_FOR_S = 1.0
"""Seconds for which what the cluster holds counts as known: it is asked for many times a second."""


class Rooms:
    """How many trials each node of the cluster holds now, by the node's id; a trial's workers are all on one node."""

    def __init__(self, resources: ResourcesSpec, clock: Callable[[], float] = time.monotonic) -> None:
        """Look at the cluster that Ray is connected to.

        Args:
            resources: What a trial is given.
            clock: Seconds.
        """
        self._resources = resources
        self._clock = clock
        self._known: dict[str, int] = {}
        self._known_at = -math.inf

    def __call__(self) -> dict[str, int]:
        """Return the rooms of the nodes that are alive."""
        now = self._clock()
        if now - self._known_at >= KNOWN_FOR_S:
            nodes = [node for node in ray.nodes() if node["Alive"]]
            self._known = {node["NodeID"]: _room(node["Resources"], self._resources) for node in nodes}
            self._known_at = now
        return self._known


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
