"""Deaths of which Ray tells in ways that Tune does not know: its memory monitor's, or an object store that is full."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ray.exceptions import RayActorError, RayError, RayTaskError

_METHODS = ("_actor_task_failed", "_actor_start_failed")


class RayLostActorError(RayActorError):  # type: ignore[misc]
    """An actor's answer did not come, for a reason that lies with the node."""

    def __init__(self, cause: RayError) -> None:
        # What follows the first line may be a list of what runs on the node, other people's commands among it.
        super().__init__(None, str(cause).partition("\n")[0])
        self.args = (cause,)  # what it is pickled by
        self.cause = cause
        """What Ray says of it."""


def foresee_deaths(tune_controller: Any) -> None:
    """Let Tune's controller, as its schedulers see it, take every error of Ray's own for the death of an actor.

    It breaks off the whole sweep where it is told of one that is neither an actor's nor a task's.
    """
    controller = getattr(tune_controller, "_tune_controller", tune_controller)
    actors = getattr(controller, "_actor_manager", None)
    for name in _METHODS:
        # Not of Tune's interface: where it is built otherwise, such a death ends the run, which can be resumed.
        if hasattr(actors, name) and name not in vars(actors):
            setattr(actors, name, _as_death(getattr(actors, name)))


def _as_death(fails: Callable[..., None]) -> Callable[..., None]:
    def told(*, exception: Exception, **tracked: Any) -> None:
        is_foreseen = isinstance(exception, RayActorError | RayTaskError) or not isinstance(exception, RayError)
        fails(exception=exception if is_foreseen else RayLostActorError(exception), **tracked)

    return told
