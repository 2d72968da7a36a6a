"""What a worker's failure says: its process is gone, or something went wrong in the trial."""

from __future__ import annotations

from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError


class WorkerLostError(RuntimeError):
    """A worker's process died or hangs: no fault of the trial, which is to be tried again from its checkpoint."""


def cause_of(error: Exception) -> Exception:
    """Return what happened in a peer rather than how Ray tells it."""
    if isinstance(error, RayTaskError):
        return error.cause if isinstance(error.cause, Exception) else error
    if isinstance(error, RayActorError):
        return WorkerLostError(f"the process of a worker died: {error}")
    if isinstance(error, GetTimeoutError):
        return WorkerLostError("a worker does not answer")
    return error
