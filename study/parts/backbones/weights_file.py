"""Read weights from a file without executing anything in it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from study.values.problems import InputError, Problem


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return a state dict, name to tensor on the CPU, from a .safetensors or .pth file.

    Raises:
        InputError: If the file is damaged, or holds anything but tensors by name.
    """
    try:
        content = load_file(path) if path.suffix == ".safetensors" else _load_pth(path)
    except UnpicklingError:
        raise _wrong(
            path,
            "it is damaged, or holds Python objects, which are never executed; "
            "save a state dict: torch.save(model.state_dict(), path)",
        ) from None
    except Exception as error:  # of whatever kind the two readers find in it
        raise _wrong(path, f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}") from error
    if not isinstance(content, Mapping):
        raise _wrong(path, f"it holds a {type(content).__name__}; {_EXPECTED}")
    strangers = [str(name) for name, value in content.items() if not _is_entry(name, value)]
    if strangers:
        raise _wrong(path, f"{', '.join(strangers[:4])} are no tensors; {_EXPECTED}")
    return dict(content)


_EXPECTED = "a state dict (name to tensor) is expected: torch.save(model.state_dict(), path)"


def _load_pth(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True)


def _is_entry(name: Any, value: Any) -> bool:
    return isinstance(name, str) and isinstance(value, Tensor)


def _wrong(path: Path, reason: str) -> InputError:
    return InputError(Problem(message=f"cannot read weights {path}: {reason}", location=("weights",)))
