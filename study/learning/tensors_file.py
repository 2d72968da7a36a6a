"""A checkpoint's file of tensors, in the format of safetensors."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from study.learning.manifest import DamagedCheckpointError


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return what a checkpoint's file holds, by name.

    Raises:
        DamagedCheckpointError: If it is not there or cannot be read (names it and says why).
    """
    if not path.is_file():
        raise DamagedCheckpointError(f"no whole checkpoint in {path.parent}: {path.name} is missing")
    try:
        return load_file(path)
    except Exception as error:  # beside its own, what torch says of a type or size it does not know
        raise DamagedCheckpointError(f"checkpoint {path.parent} is damaged: {path.name}: {error}") from None
