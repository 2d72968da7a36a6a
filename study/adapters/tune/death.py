"""What Ray says of the death of a trial's process."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ray import cloudpickle
from ray.exceptions import RayTaskError


def cause_of_death(trial: Any) -> Exception | None:
    """Return the error that ended a Tune trial's actor; None where none was kept.

    Tune's own `get_error` looks in the storage, where the error gets to only after the callbacks have heard of it.
    """
    if trial.pickled_error_file is None:
        return None
    error = cloudpickle.loads(Path(trial.pickled_error_file).read_bytes())
    if isinstance(error, RayTaskError) and isinstance(error.cause, Exception):
        return error.cause
    return error  # type: ignore[no-any-return]
