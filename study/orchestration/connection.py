"""Being connected to Ray: to a cluster that is there already, or to a local one for as long as it takes."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import ray

from study.adapters.ray_cluster.own_cluster import own_cluster
from study.adapters.ray_cluster.reaching import check_reachable
from study.values.problems import InputError

AUTO = "auto"
"""The cluster that this process is part of, or else one that has a node on this machine."""


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Be connected to a Ray cluster inside the block.

    Args:
        address: `auto` or `HOST:PORT` of an existing cluster; None for a local Ray of its own, which ends with the
            block. Where this process is connected already, that connection is used and left.

    Raises:
        InputError: If there is no cluster at the address, or it refuses (says why).
    """
    if ray.is_initialized():
        yield
        return
    if address == AUTO:
        address = own_cluster() or AUTO
    if address is not None:
        check_reachable(address)
    try:
        ray.init(address=address or "local", log_to_driver=False, logging_level=logging.ERROR)
    except Exception as error:  # Ray raises a different type for each way of not getting through
        place = address or "a local Ray"
        raise InputError(f"cannot connect to {place}: {type(error).__name__}: {error}") from error
    try:
        yield
    finally:
        ray.shutdown()
