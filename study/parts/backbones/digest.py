"""The digest of a backbone's first stages: equal digests mean equal features of equal images."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from study.parts.backbones.backbone import Backbone

_OF_EVERY_MODULE = frozenset(vars(nn.Module()))


def weights_digest(backbone: Backbone, stop: int) -> str:
    """Return 64 hexadecimal digits of SHA-256 over what stages 0..stop-1 compute in eval mode.

    Args:
        backbone: On any device.
        stop: In 0..S.
    """
    return prefix_digest(stage_digests(backbone)[:stop])


def prefix_digest(stages: Sequence[str]) -> str:
    """Return the digest of a prefix, given those of its stages."""
    return hashlib.sha256("|".join(stages).encode()).hexdigest()


def stage_digests(backbone: Backbone) -> tuple[str, ...]:
    """Return 64 hexadecimal digits of SHA-256 for each stage, over what it computes in eval mode.

    That is: names, shapes, dtypes and bytes of all parameters and buffers, and the structure: each module's place,
    class, representation, plain attributes and the source file that defines its class.

    Args:
        backbone: On any device.
    """
    return tuple(_stage_digest(stage) for stage in backbone.stages)


def _stage_digest(stage: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, module in stage.named_modules():
        digest.update(f"{name}|{type(module).__qualname__}|{module.extra_repr()}|{_settings(module)}|".encode())
    for source in sorted(_source_digest(kind) for kind in {type(module) for module in stage.modules()}):
        digest.update(source.encode())
    tensors = [*stage.named_parameters(remove_duplicate=False), *stage.named_buffers(remove_duplicate=False)]
    for name, tensor in tensors:
        digest.update(f"{name}|{tuple(tensor.shape)}|{tensor.dtype}|".encode())
        digest.update(_bytes(tensor))
    return digest.hexdigest()


def _bytes(tensor: Tensor) -> memoryview:
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    return flat.view(torch.uint8).numpy().data


def _settings(module: nn.Module) -> str:
    """Say what a module holds beside tensors: a scale in an attribute of its own changes features as weights do."""
    own = {name: value for name, value in vars(module).items() if name not in _OF_EVERY_MODULE}
    return repr(sorted((name, _stable(value)) for name, value in own.items()))


def _stable(value: Any) -> str:
    """Return text that is the same in every process; an object's own `repr` may hold its address."""
    if value is None or isinstance(value, bool | int | float | complex | str | bytes):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"{type(value).__qualname__}({', '.join(_stable(item) for item in value)})"
    if isinstance(value, dict):
        return f"dict({', '.join(sorted(f'{_stable(key)}: {_stable(item)}' for key, item in value.items()))})"
    return str(getattr(value, "__qualname__", type(value).__qualname__))


def _source_digest(kind: type[nn.Module]) -> str:
    """Return the digest of the file that defines a class; of its name where there is no file."""
    try:
        source = Path(inspect.getfile(kind)).read_bytes()
    except (OSError, TypeError):
        source = f"{kind.__module__}.{kind.__qualname__}".encode()
    return hashlib.sha256(source).hexdigest()
