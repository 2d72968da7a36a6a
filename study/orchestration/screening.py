"""Screening a study's backbones: scored once, before its first trial, and kept in its directory."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

from study.adapters.records.sealed_file import SealedFile
from study.learning.transferability import SCORES, logme_of_numbers
from study.orchestration.directory import StudyDirectory
from study.orchestration.kept_file import read_kept
from study.orchestration.probe_features import probe_features
from study.orchestration.search_facts import SCREENING_FILE
from study.parts.tasks.numbers import decoded
from study.trial.frozen_features import FrozenFeatures
from study.values.arm import Arm, build_arms
from study.values.problems import InputError
from study.values.screening import FeatureScore, Screening, screened_out
from study.values.spec import StudySpec
from study.values.target_kind import TargetKind

_DIGITS = 6
"""Of a score: where it is taken once more, on another machine, the last bits of a sum decide nothing."""


def searched_arms(
    directory: StudyDirectory, spec: StudySpec, *, root: Path, say: Callable[[str], None], quiet: bool
) -> tuple[Arm, ...]:
    """Return the arms of a study that are searched: all of them, unless the spec has its backbones screened.

    They are scored once, and the scores kept in the study directory. The same spec gives the same scores: a file that
    is damaged is set aside and made anew.

    Args:
        directory: The study directory, held by this process.
        spec: The study's, checked.
        root: Folder that relative paths and own modules are looked for in.
        say: Is told in a line which arms get no trials, and what was damaged.
        quiet: Show no progress.

    Raises:
        InputError: If data or weights are bad, or arms on the same tasks are left without any backbone (says why).
    """
    arms, rule = build_arms(spec), spec.search.screening
    if rule is None:
        return arms
    kept = read_kept(directory, SCREENING_FILE, Screening, say=say)
    found = kept or screen(spec, root=root, quiet=quiet)
    out = screened_out(arms, found, keep=rule.keep)
    if kept is None:
        SealedFile(directory.path / SCREENING_FILE, Screening).write(found)
        for one in out.values():
            say(str(one))
    return tuple(arm for arm in arms if arm.id not in out)


def screen(spec: StudySpec, *, root: Path, quiet: bool) -> Screening:
    """Return the score of each backbone's features on each task.

    Args:
        spec: The study's, with `search.screening`.
        root: Folder that relative paths and own modules are looked for in.
        quiet: Show no progress.

    Raises:
        InputError: If data or weights are bad, or arms on the same tasks are left without any backbone (says why).
    """
    assert spec.search.screening is not None, "it is asked for"
    score = spec.search.screening.score.value
    kinds = {task.name: task.kind for task in spec.tasks}
    scores: dict[str, list[FeatureScore]] = {task.name: [] for task in spec.tasks}
    for backbone, task, features in probe_features(spec, root=root, phase="screening", quiet=quiet):
        scores[task].append(_score(backbone, score, features, kinds[task]))
    found = Screening(score=score, tasks={task: tuple(of_task) for task, of_task in scores.items()})
    _refuse_none(spec, found)
    return found


def _score(backbone: str, score: str, found: FrozenFeatures, kind: TargetKind) -> FeatureScore:
    try:
        value = _measured(score, found, kind)
    except ValueError as error:
        return FeatureScore(backbone=backbone, reason=str(error))
    if not math.isfinite(value):
        return FeatureScore(backbone=backbone, reason=f"it is {value}")
    return FeatureScore(backbone=backbone, score=float(f"{value:.{_DIGITS}g}"))


def _measured(score: str, found: FrozenFeatures, kind: TargetKind) -> float:
    if kind.has_classes:
        return SCORES[score].measure(found.features, found.labels)
    assert (score, kind) == ("logme", TargetKind.REGRESSION), "a spec that asks for anything else was refused"
    return logme_of_numbers(found.features, decoded(found.labels))


def _refuse_none(spec: StudySpec, found: Screening) -> None:
    for names in dict.fromkeys(arm.task_names for arm in build_arms(spec)):
        if not found.best(names, keep=1):
            without = [(task, one) for task in names for one in found.tasks[task] if one.score is None]
            reasons = "; ".join(f"{one.backbone} on {task}: {one.reason}" for task, one in without)
            raise InputError(f"search.screening leaves no backbone, for none has a {found.score} ({reasons})")
