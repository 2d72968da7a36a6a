"""The connection between ranks: joined once a process, used by every model that they train together."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from pathlib import Path

import torch
import torch.distributed as dist

from study.learning.ranks import Ranks


def join(ranks: Ranks, meeting_point: Path, device: torch.device, *, timeout_s: float) -> None:
    """Connect this rank with the others, which call it too: over NCCL on GPUs, over gloo on CPUs.

    Args:
        ranks: This rank's place.
        meeting_point: File through which they find each other, all on one node; not there before.
        device: What this rank computes on.
        timeout_s: Seconds after which a rank that does not answer is given up, now and in every later exchange.
    """
    on_gpu = device.type == "cuda"
    if not on_gpu:
        # All ranks are on one node, whatever its host name resolves to.
        loopback = next((name for _, name in socket.if_nameindex() if name.startswith("lo")), None)
        if loopback is not None:
            os.environ.setdefault("GLOO_SOCKET_IFNAME", loopback)
    timeout = timedelta(seconds=timeout_s)
    # A file rather than a TCP store: no port is open to others, and there is none to be taken by another trial.
    store = dist.FileStore(str(meeting_point), ranks.size)  # type: ignore[attr-defined]
    store.set_timeout(timeout)
    dist.init_process_group(
        "nccl" if on_gpu else "gloo",
        store=store,
        rank=ranks.rank,
        world_size=ranks.size,
        timeout=timeout,
        device_id=torch.device("cuda", torch.cuda.current_device()) if on_gpu else None,
    )


def leave() -> None:
    """Disconnect, if connected; ranks that wait for this one are told so by an error."""
    if dist.is_initialized():
        dist.destroy_process_group()


def abort() -> None:
    """Break off what this rank waits for, called from another thread, because a rank is gone.

    gloo notices by itself that a process ended; NCCL does not.
    """
    group = dist.group.WORLD
    if group is not None and dist.get_backend(group) == "nccl":
        group.abort()


def is_broken_connection(error: BaseException) -> bool:
    """Whether an error says no more than that another rank is gone or does not answer."""
    return isinstance(error, dist.DistError) or (isinstance(error, RuntimeError) and "gloo" in str(error))
