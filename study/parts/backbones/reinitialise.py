"""Give a module new random weights."""

from __future__ import annotations

from typing import Any

from torch import nn

from study.values.problems import InputError, Problem


def reinitialise(module: nn.Module, *, of: str) -> None:
    """Draw every parameter of a module anew from torch's global generator, each submodule as torch itself makes it.

    Args:
        module: Changed in place; normalisation statistics start anew too.
        of: The backbone's source, for the message.

    Raises:
        InputError: If a submodule has parameters and no `reset_parameters()`.
    """
    unknown = [
        f"{name or 'the module itself'} ({type(part).__name__})"
        for name, part in module.named_modules()
        if _reset_of(part) is None and next(part.parameters(recurse=False), None) is not None
    ]
    if unknown:
        message = (
            f"random weights for {of}: {', '.join(unknown[:4])} cannot be drawn anew; give the class a method "
            "reset_parameters(), or the function a parameter `pretrained`"
        )
        raise InputError(Problem(message=message, location=("weights",)))
    module.apply(_reset)  # inner modules first, as when they are made


def _reset(part: nn.Module) -> None:
    reset = _reset_of(part)
    if reset is not None:
        reset()


def _reset_of(part: nn.Module) -> Any:
    # nn.MultiheadAttention calls its own `_reset_parameters`.
    return getattr(part, "reset_parameters", None) or getattr(part, "_reset_parameters", None)
