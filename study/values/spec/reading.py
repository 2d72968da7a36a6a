"""Reading a spec: whole, with every error at once, each with its file, line and key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from study.values.problems import InputError, Problem
from study.values.spec.backbone import BackboneSpec
from study.values.spec.source import SpecSource, parse, read_text
from study.values.spec.study import StudySpec
from study.values.spec.task import TaskSpec
from study.values.spec.wording import problems_of

Part = TypeVar("Part", bound=BaseModel)


@dataclass(frozen=True, kw_only=True)
class SpecReading:
    """A spec's text, as far as it can be understood."""

    source: SpecSource
    problems: list[Problem]
    """What is wrong by itself, with file and line; more can be found by looking at the data and the models."""
    spec: StudySpec | None = None
    """The spec, where nothing is wrong by itself."""
    backbones: dict[int, BackboneSpec] = field(default_factory=dict)
    """Entries that are whole, by position, whatever is wrong elsewhere."""
    tasks: dict[int, TaskSpec] = field(default_factory=dict)
    """Entries that are whole, by position, whatever is wrong elsewhere."""


def read(path: Path) -> SpecReading:
    """Read a spec file, gathering problems rather than raising them."""
    try:
        return read_string(read_text(path), file=str(path))
    except InputError as error:
        return SpecReading(source=SpecSource(str(path)), problems=list(error.problems))


def read_string(text: str, *, file: str | None = None) -> SpecReading:
    """Read a spec's text, gathering problems rather than raising them."""
    try:
        raw, source = parse(text, file)
    except InputError as error:
        return SpecReading(source=SpecSource(file), problems=list(error.problems))
    backbones, tasks = _entries(raw, "backbones", BackboneSpec), _entries(raw, "tasks", TaskSpec)
    try:
        spec = StudySpec.model_validate(raw)
    except ValidationError as error:
        located = [source.locate(problem) for problem in problems_of(error, StudySpec, raw)]
        problems = sorted(located, key=lambda problem: problem.line or 0)
        return SpecReading(source=source, problems=problems, backbones=backbones, tasks=tasks)
    return SpecReading(source=source, problems=[], spec=spec, backbones=backbones, tasks=tasks)


def read_spec(path: Path) -> StudySpec:
    """Return the spec in a file.

    Raises:
        InputError: With every problem, each with file, line and key.
    """
    return _whole(read(path))


def parse_spec(text: str, *, file: str | None = None) -> StudySpec:
    """Return the spec that a text holds.

    Raises:
        InputError: With every problem, each with line and key.
    """
    return _whole(read_string(text, file=file))


def dump_spec(spec: StudySpec) -> str:
    """Return a spec as YAML that reads back to the same spec, defaults included."""
    text: str = yaml.safe_dump(spec.model_dump(mode="json"), sort_keys=False, allow_unicode=True)
    return text


def _whole(reading: SpecReading) -> StudySpec:
    if reading.problems:
        raise InputError(reading.problems)
    assert reading.spec is not None, "a spec without problems is whole"
    return reading.spec


def _entries(raw: Mapping[str, Any], key: str, model: type[Part]) -> dict[int, Part]:
    entries = raw.get(key)
    whole: dict[int, Part] = {}
    for position, entry in enumerate(entries if isinstance(entries, list) else []):
        try:
            whole[position] = model.model_validate(entry)
        except ValidationError:
            continue  # the whole spec's validation reports it
    return whole
