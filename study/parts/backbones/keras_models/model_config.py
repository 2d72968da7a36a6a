"""A model's config, checked before anything of it is made: nothing but known classes of Keras is in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from study.parts.backbones.keras_models.allowed import (
    FUNCTION,
    FUNCTION_MODULES,
    FUNCTIONS,
    KERAS_TENSOR,
    LAYERS,
    MODELS,
    OTHERS,
)
from study.values.problems import InputError, Problem

_CLASS, _CONFIG = "class_name", "config"
_SHOWN = 4


def checked_config(text: bytes | str, *, of: str) -> dict[str, Any]:
    """Return a model's config with what is of no use here left out: how it was trained, precisions, fixed seeds.

    Args:
        text: JSON, as Keras writes it.
        of: What it is read from, for messages.

    Raises:
        InputError: If it is no such config, or has anything in it that is no known class of Keras.
    """
    try:
        config = json.loads(text)
        strange = list(dict.fromkeys(_strange(_untrained(config), "the model")))
        if strange:
            rest = f" ... {len(strange)} in all" if len(strange) > _SHOWN else ""
            raise _wrong(
                f"{of} holds {', '.join(strange[:_SHOWN])}{rest}: only layers of Keras itself that are known to "
                "execute nothing of the file are read; Lambda layers and classes of your own are not"
            )
        if not isinstance(config, dict) or (config.get("module"), config.get(_CLASS)) not in MODELS:
            raise _wrong(f"{of} is no Functional or Sequential model of Keras 3")
        return dict(_plain(config))
    except (ValueError, RecursionError) as error:
        if isinstance(error, InputError):
            raise
        raise _wrong(f"cannot read the config in {of}: {type(error).__name__}: {error}") from error


def _untrained(value: Any) -> Any:
    """Take out how models were compiled, in place: losses and metrics may be a person's own and are not needed."""
    for part in _dictionaries(value):
        part.pop("compile_config", None)
    return value


def _strange(value: Any, place: str) -> Iterator[str]:
    """Yield what is not allowed, with the layer that it is in."""
    if isinstance(value, list):
        for item in value:
            yield from _strange(item, place)
    if not isinstance(value, dict):
        return
    if _CLASS in value or "registered_name" in value:
        inner = value.get(_CONFIG)
        named = inner.get("name") if isinstance(inner, dict) else None
        place = f"layer {named!r}" if isinstance(named, str) else place
        if not _is_known(value):
            module = value.get("module")
            shown = f"{module}.{value.get(_CLASS)}" if module else str(value.get(_CLASS))
            yield f"{inner if value.get(_CLASS) == FUNCTION else shown!s:.80} ({place:.80})"
            return
    for item in value.values():
        yield from _strange(item, place)


def _is_known(value: dict[str, Any]) -> bool:
    module, name = value.get("module"), value.get(_CLASS)
    if not (isinstance(name, str) and isinstance(module, str | None)):
        return False
    if name == KERAS_TENSOR:
        return True
    if name == FUNCTION:
        wanted = value.get(_CONFIG)
        is_known = isinstance(wanted, str) and wanted in FUNCTIONS
        return is_known and module in FUNCTION_MODULES and value.get("registered_name") in (None, wanted)
    return (module, name) in MODELS | LAYERS | OTHERS and value.get("registered_name") in (None, name)


def _plain(value: Any) -> Any:
    """Compute in float32 whatever the file says, and draw random weights anew: a fixed seed gives the same for all."""
    for part in _dictionaries(value):
        inner = part.get(_CONFIG)
        if not isinstance(inner, dict):
            continue
        if (part.get("module"), part.get(_CLASS)) in LAYERS | MODELS and "dtype" in inner:
            inner["dtype"] = "float32"
        if "seed" in inner:
            inner["seed"] = None
    return value


def _dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for item in list(value.values()):
            yield from _dictionaries(item)
    elif isinstance(value, list):
        for item in value:
            yield from _dictionaries(item)


def _wrong(message: str) -> InputError:
    return InputError(Problem(message=message, location=("source",)))
