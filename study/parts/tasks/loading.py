"""From a spec's `data` to labelled inputs, each read once a process."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from pydantic import ConfigDict, TypeAdapter, ValidationError

from study.parts.tasks import sources
from study.parts.tasks.data import MISSING, LabelledInputs
from study.parts.tasks.registry import FILLED_IN, find_entry, near_entry, registered, unknown_data
from study.parts.tasks.sources.own_function import load_own
from study.values.importing import check_options, is_reference, resolve
from study.values.keys import content_digest
from study.values.problems import InputError, Problem

OpenedSource = Callable[[Sequence[str | None]], LabelledInputs]
"""A source ready to be read for some targets."""

_NUM_KEPT = 8
_kept: OrderedDict[str, LabelledInputs] = OrderedDict()

assert registered(), f"{sources.__name__} registers the named sources"


def open_source(data: str, options: Mapping[str, Any], *, root: Path) -> OpenedSource:
    """Find what `data` names and check its options; nothing is read yet.

    Raises:
        InputError: If there is no such source, or it does not take these options.
    """
    found = find_entry(data)
    if found is None:
        function = _own_function(data, root)
        _refuse(check_options(function, options, reserved=set(), what=data))
        return lambda targets: load_own(function, data, options)
    entry, argument = found
    _refuse(check_options(entry.load, options, reserved=FILLED_IN, what=entry.name))
    _refuse(_type_problems(entry.load, options, entry.name))
    load = partial(entry.load, argument, root=root, **options)
    return lambda targets: load(targets=targets)


def load_data(
    data: str, options: Mapping[str, Any], targets: Sequence[str | None], *, root: Path, fresh: bool = False
) -> LabelledInputs:
    """Return the labelled inputs that `data` names; the same object for the same arguments.

    Args:
        data: As a spec writes it.
        options: The source's.
        targets: Those wanted.
        root: Folder of the spec.
        fresh: Whether to look again even at what was read before: files may have changed since.

    Raises:
        InputError: If it cannot be read.
    """
    key = content_digest([data, options, targets, root.resolve()])
    if fresh or key not in _kept:
        _kept.pop(key, None)
        loaded = open_source(data, options, root=root)(targets)
        _check_whole(loaded, data)
        _kept[key] = loaded
        while len(_kept) > _NUM_KEPT:
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    return _kept[key]


def _own_function(data: str, root: Path) -> Callable[..., Any]:
    if not is_reference(data):
        raise InputError(unknown_data(data))
    try:
        return resolve(data, root=root)
    except InputError as error:
        near = near_entry(data)
        if near is None:
            raise
        # `elvp` or `torchvison:CIFAR10` reads as a module and a function too.
        raise InputError(f"{unknown_data(data)} ({error})") from error


def _refuse(messages: Sequence[str]) -> None:
    if messages:
        raise InputError([Problem(message=message, location=("options",)) for message in messages])


def _type_problems(load: Callable[..., Any], options: Mapping[str, Any], name: str) -> list[str]:
    hints = get_type_hints(load)
    problems = []
    for option in signature(load).parameters.keys() & options.keys():
        try:
            TypeAdapter(hints[option], config=ConfigDict(strict=True)).validate_python(options[option])
        except ValidationError as error:
            said = error.errors()[0]["msg"]
            problems.append(f"option {option!r} of {name} is {options[option]!r}: {said}")
    return sorted(problems)


def _check_whole(loaded: LabelledInputs, data: str) -> None:
    """Refuse inputs and labels that do not belong together, as a person's own function may return them."""
    num_inputs = len(loaded.inputs)
    problems = [] if num_inputs else [f"{data} holds no examples"]
    problems += [] if loaded.labels else [f"{data} has no labels"]
    for name, labels in loaded.labels.items():
        values = labels.values
        if values.shape != (num_inputs,):
            problems.append(
                f"{data}: labels of {name!r} have shape {values.shape}, but there are {num_inputs} examples"
            )
        elif labels.no_classes is not None:
            continue
        elif num_inputs and (values.min() < MISSING or values.max() >= labels.num_codes):
            kind = "classes" if labels.sets is None else "sets of labels"
            problems.append(
                f"{data}: labels of {name!r} run from {values.min()} to {values.max()}, outside its "
                f"{labels.num_codes} {kind} (and {MISSING} for none)"
            )
    if loaded.split is not None and loaded.split.shape != (num_inputs,):
        problems.append(f"{data}: its split has shape {loaded.split.shape}, but there are {num_inputs} examples")
    elif loaded.split is not None:
        strange = sorted(set(np.unique(loaded.split).tolist()) - {"train", "validation", "test"})
        problems += [f"{data}: unknown split {name!r}; allowed: train, validation, test" for name in strange]
    if problems:
        raise InputError([Problem(message=message) for message in problems])
