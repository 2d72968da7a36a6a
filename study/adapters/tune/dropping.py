"""Telling the actor of a pack which of its trials it need not train any further."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def drop_members(tune_controller: Any, trial: Any, numbers: Sequence[int]) -> None:
    """Have the actor of a Tune trial drop members, by their position, before its next step.

    Tune has no way of its own to speak to a trial's actor. Where its controller is built otherwise than it is now, the
    members train on unheard, which costs time and changes no result.
    """
    controller = getattr(tune_controller, "_tune_controller", tune_controller)
    if hasattr(controller, "_schedule_trial_task"):
        controller._schedule_trial_task(trial=trial, method_name="drop", args=(list(numbers),))
