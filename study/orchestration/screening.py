"""Screening a study's backbones: scored once, before its first trial, and kept in its directory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from study.adapters.records.sealed_file import SealedFile
from study.orchestration.directory import StudyDirectory
from study.orchestration.kept_file import read_kept
from study.orchestration.probe_features import probe_plans
from study.orchestration.search_facts import SCREENING_FILE
from study.values.arm import Arm, build_arms
from study.values.plan import TrialPlan
from study.values.problems import InputError
from study.values.screened_out import kept_backbones, screened_out
from study.values.screening import FeatureScore, Screening
from study.values.spec import StudySpec

Scorer = Callable[[Mapping[str, Sequence[TrialPlan]], str], Iterator[tuple[str, Sequence[FeatureScore]]]]
"""Given the plans of each backbone, one a task, and the score's name: yields each backbone and its scores."""


def searched_arms(
    directory: StudyDirectory,
    spec: StudySpec,
    *,
    root: Path,
    scorer: Scorer,
    begun: Collection[str] = (),
    say: Callable[[str], None],
) -> tuple[Arm, ...]:
    """Return the arms of a study that are searched: all of them, unless the spec has its backbones screened.

    They are scored once, and each one's scores kept in the study directory as soon as they are there: interrupted, it
    goes on with the others. A file that is damaged is set aside and made anew; arms that have trials by then stay in.

    Args:
        directory: The study directory, held by this process.
        spec: The study's, checked.
        root: Folder that relative paths and own modules are looked for in.
        scorer: Scores backbones.
        begun: Ids of the arms that have trials.
        say: Is told in a line each backbone's scores, which arms get no trials, and what was damaged.

    Raises:
        InputError: If data are bad, or arms on the same tasks are left without any backbone (says why).
    """
    arms, rule = build_arms(spec), spec.search.screening
    if rule is None:
        return arms
    kept = read_kept(directory, SCREENING_FILE, Screening, say=say)
    is_new = kept is None or not kept.is_whole
    found = _completed(directory, spec, kept, root=root, scorer=scorer, say=say) if is_new else kept
    assert found is not None, "kept or made"
    if is_new:
        file = SealedFile(directory.path / SCREENING_FILE, Screening)
        try:
            _refuse_none(spec, found, begun)
        except InputError:
            file.path.unlink(missing_ok=True)  # scored again when what was wrong is mended
            raise
        file.write(found)
    out = screened_out(arms, found, keep=rule.keep, begun=begun)
    if is_new:
        for one in out.values():
            say(str(one))
    return tuple(arm for arm in arms if arm.id not in out)


def _completed(
    directory: StudyDirectory,
    spec: StudySpec,
    begun: Screening | None,
    *,
    root: Path,
    scorer: Scorer,
    say: Callable[[str], None],
) -> Screening:
    """Score the backbones that have not been, writing the file after each."""
    assert spec.search.screening is not None, "it is asked for"
    score, file = spec.search.screening.score.value, SealedFile(directory.path / SCREENING_FILE, Screening)
    known = _by_backbone(begun)
    plans: dict[str, list[TrialPlan]] = {}
    for plan in probe_plans(spec, root=root, num_gpus=min(1, spec.resources.gpus_per_trial)):
        if plan.arm.backbone.name not in known:
            plans.setdefault(plan.arm.backbone.name, []).append(plan)
    for backbone, scores in scorer(plans, score):
        tasks = (plan.arm.task_names[0] for plan in plans[backbone])
        known[backbone] = dict(zip(tasks, scores, strict=True))
        file.write(_together(spec, score, known))
        say(f"[screening {len(known)}/{len(spec.backbones)}] {backbone}: {_said(score, known[backbone])}")
    return _together(spec, score, known).model_copy(update={"is_whole": True})


def _by_backbone(found: Screening | None) -> dict[str, dict[str, FeatureScore]]:
    known: dict[str, dict[str, FeatureScore]] = {}
    for task, scores in ({} if found is None else found.tasks).items():
        for one in scores:
            known.setdefault(one.backbone, {})[task] = one
    return known


def _together(spec: StudySpec, score: str, known: Mapping[str, Mapping[str, FeatureScore]]) -> Screening:
    """Return what is known of backbones, in the spec's order, as that of only some of them."""
    names = [backbone.name for backbone in spec.backbones if backbone.name in known]
    tasks = {task.name: tuple(known[name][task.name] for name in names) for task in spec.tasks}
    return Screening(score=score, tasks=tasks, is_whole=False)


def _said(score: str, scores: Mapping[str, FeatureScore]) -> str:
    return "; ".join(
        f"no {score} on {task} ({one.reason})" if one.score is None else f"{score} on {task} {one.score:.4g}"
        for task, one in scores.items()
    )


def _refuse_none(spec: StudySpec, found: Screening, begun: Collection[str]) -> None:
    arms = build_arms(spec)
    for names in dict.fromkeys(arm.task_names for arm in arms):
        if not kept_backbones(arms, found, names, keep=1, begun=begun):
            without = [(task, one) for task in names for one in found.tasks[task] if one.score is None]
            reasons = "; ".join(f"{one.backbone} on {task}: {one.reason}" for task, one in without)
            raise InputError(f"search.screening leaves no backbone, for none has a {found.score} ({reasons})")
