"""What pydantic finds wrong, in words that a person who never saw pydantic understands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from study.values.problems import Location, Problem, unknown_name

_BOUNDS = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}
_SECRET = "storage"
"""Section whose values are not shown: wherever in it a database's URL was put, it may have a password in it."""
_KEY = "[key]"
"""What pydantic calls the place of a mapping's key."""
_MAX_SHOWN = 1000
"""Characters of a value."""
_BOUND_WORDS = {"gt": "above", "ge": "at least", "lt": "below", "le": "at most"}


def problems_of(error: ValidationError, model: type[BaseModel], raw: Any) -> list[Problem]:
    """Return every problem of a value that does not fit a model, each once.

    Args:
        error: What pydantic found.
        model: What the value was checked against.
        raw: The value.
    """
    found: dict[tuple[Location, str], Problem] = {}
    for detail in error.errors(include_url=False):
        location = _written(tuple(detail["loc"]), raw, detail["type"])
        if location[:1] == (_SECRET,) and any("://" in str(step) for step in location):
            location, message = (_SECRET,), "a URL stands in the place of a key; write `url: ...`"
        else:
            message = _message(detail, location, model)
        found.setdefault((location, message), Problem(message=message, location=location))
    return list(found.values())


def _written(location: Location, raw: Any, kind: str) -> Location:
    """Return a location without what pydantic adds to it and the person never wrote, such as a union's members."""
    written: list[str | int] = []
    for number, step in enumerate(location):
        is_last = number == len(location) - 1
        if isinstance(raw, Mapping) and (step in raw or (is_last and kind == "missing")):
            raw = raw.get(step)
        elif isinstance(raw, Sequence) and not isinstance(raw, str) and isinstance(step, int) and step < len(raw):
            raw = raw[step]
        else:
            # A shorthand (a backbone given as a plain string) has no keys: the string itself is to blame.
            break
        written.append(step)
    return tuple(written)


def _message(detail: ErrorDetails, location: Location, model: type[BaseModel]) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    value = "(not shown)" if location[:1] == (_SECRET,) else _shown(detail["input"])
    if kind == "extra_forbidden":
        return unknown_name(str(location[-1]), _model_at(model, location[:-1]).model_fields, what="key")
    if kind == "missing":
        return "is missing; it must be given"
    if kind == "enum":
        is_key = detail["loc"][-1:] == (_KEY,)
        place = location[:-1] if is_key and location[-1:] == (detail["input"],) else location
        keys = [step for step in place if isinstance(step, str)]
        choices = _choices(model, place, _key) if is_key else _choices(model, place)
        what = f"key of {keys[-1]}" if is_key and keys else keys[-1] if keys else "value"
        return unknown_name(str(detail["input"])[:_MAX_SHOWN], choices, what=what)
    if kind in _BOUNDS:
        bound = _BOUNDS[kind]
        return f"{value}: must be {_BOUND_WORDS[bound]} {context[bound]:g}"
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return f"{value}: must begin with a letter or digit and hold only letters, digits, `_`, `.` and `-`"
    if kind == "too_short":
        return f"needs at least {context['min_length']}; has {context['actual_length']}"
    return f"{value}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]}..."


def _choices(model: type[BaseModel], location: Location, of: Callable[[Any], Any] = lambda kind: kind) -> list[str]:
    kind = of(_type_at(model, location))
    for member in (kind, *get_args(kind)):
        if isinstance(member, type) and issubclass(member, Enum):
            return [str(choice.value) for choice in member]
    return []


def _model_at(model: type[BaseModel], location: Location) -> type[BaseModel]:
    found = _type_at(model, location)
    assert isinstance(found, type), "only models have keys to be unknown"
    assert issubclass(found, BaseModel), "only models have keys to be unknown"
    return found


def _type_at(kind: Any, location: Location) -> Any:
    for step in location:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            kind = kind.model_fields[str(step)].annotation
        elif get_origin(kind) in (Union, UnionType):
            kind = next((_item(member) for member in get_args(kind) if get_args(member)), kind)
        else:
            kind = _item(kind)
        if get_origin(kind) in (Union, UnionType):
            members = [member for member in get_args(kind) if member is not type(None)]
            kind = members[0] if len(members) == 1 else kind
    return kind


def _key(kind: Any) -> Any:
    """Return the type of a mapping's keys, of a type that may be one of several."""
    mappings = [member for member in (kind, *get_args(kind)) if get_origin(member) is dict]
    return get_args(mappings[0])[0] if mappings else kind


def _item(kind: Any) -> Any:
    """Return the type of a collection's items."""
    arguments = [argument for argument in get_args(kind) if argument is not Ellipsis]
    return arguments[-1] if arguments else kind
