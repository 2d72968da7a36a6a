"""What a task gains from a backbone that was trained on the other tasks and has not seen it."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from study.orchestration.contest import Contest
from study.orchestration.findings.evidence import TaskEvidence, gather
from study.orchestration.findings.screened_pairs import screened_pairs
from study.orchestration.findings.table import table_of
from study.orchestration.left_out import LeftOutPair, left_out_pairs
from study.statistics.multitask import paired_transfer
from study.statistics.resampled_scores import resampled_scores
from study.statistics.resamples import Resamples
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.seeds import derive_seed
from study.values.spec import StudySpec, TaskSpec
from study.values.states import TrialState
from study.values.variant import LeftOut, Transferred

COLUMNS = ("backbone", "task", "metric", "original", "others", "gain", "low", "high", "seeds", "verdict")
_ORIGINAL, _OTHERS = "original", "others"


def leaving_out(contest: Contest, bring: Callable[[str], Path]) -> pd.DataFrame:
    """Return a row for each backbone and task that was left out: what training on the other tasks first did for it.

    Columns: `backbone`, `task`, `metric`, `original` (test score, a mean over seeds, of the task's fine-tuned
    configuration from the original backbone), `others` (the same from the backbone that was trained on the other
    tasks), `gain` (the relative one, positive where the other tasks helped), `low`, `high`, `seeds` (which both sides
    have), `verdict`, which says why where there is nothing to compare. Both sides are of the same seeds and on the
    same test examples. Empty where the spec does not ask for it.

    Args:
        contest: Of the study's arms, with all of its trials and assessments.
        bring: Returns a folder of the study directory, fetched if it is elsewhere.
    """
    spec = contest.spec
    if not spec.assessment.leave_one_task_out:
        return table_of([], COLUMNS)
    assessed = [record for record in contest.records if record.plan.purpose is Purpose.ASSESSMENT]
    tasks = {task.name: task for task in spec.tasks}
    rows: list[Mapping[str, object]] = []
    for pair in left_out_pairs(contest.selected.values()):
        backbone, task = pair.single.plan.arm.backbone.name, tasks[pair.task]
        evidence = _evidence(pair, task, assessed, bring)
        found: Mapping[str, object]
        if evidence is None:
            found = {
                "seeds": 0,
                "verdict": pair.why_not or _why_stopped(pair, contest.stopped) or _why_none(pair, assessed),
            }
        else:
            found = _compared(spec, evidence, derive_seed(spec.seed, "left-out", backbone, task.name))
        rows.append({"backbone": backbone, "task": task.name, "metric": task.metric, **found})
    for found in screened_pairs(contest.arms, contest.screened):
        rows.append({**found, "metric": tasks[found["task"]].metric, "seeds": 0})
    return table_of(rows, COLUMNS)


def _evidence(
    pair: LeftOutPair, task: TaskSpec, assessed: Sequence[TrialRecord], bring: Callable[[str], Path]
) -> TaskEvidence | None:
    """Return what both sides predicted, of the seeds that both have, in the same order; None where there are none."""
    sides = {_ORIGINAL: _complete(pair, assessed, _is_original), _OTHERS: _complete(pair, assessed, _is_transferred)}
    gathered = [
        gather([task], {side: [of_side[repeat]] for side, of_side in sides.items()}, bring)
        for repeat in sorted(sides[_ORIGINAL].keys() & sides[_OTHERS].keys())
    ]
    both = [evidence.arms for of_seed in gathered for evidence in of_seed if len(evidence.arms) == len(sides)]
    return TaskEvidence(task=task, arms={side: [arms[side][0] for arms in both] for side in sides}) if both else None


def _compared(spec: StudySpec, evidence: TaskEvidence, seed: int) -> Mapping[str, object]:
    task = evidence.task
    resamples = Resamples(num_examples=len(evidence.examples), seed=derive_seed(spec.seed, "resamples", task.data))
    original, others = (resampled_scores(evidence.test[side], task.metric, resamples) for side in (_ORIGINAL, _OTHERS))
    row = {"original": original.point, "others": others.point, "seeds": len(others.by_seed)}
    if original.point == 0:
        return {**row, "verdict": "the original scores 0, so nothing is relative to it"}
    found = paired_transfer(others, original, np.random.default_rng(seed), confidence=spec.assessment.confidence)
    return {**row, "gain": found.gain.point, "low": found.gain.low, "high": found.gain.high, "verdict": found.verdict}


def _complete(
    pair: LeftOutPair, assessed: Sequence[TrialRecord], belongs: Callable[[LeftOutPair, TrialRecord], bool]
) -> dict[int, TrialRecord]:
    complete = [record for record in assessed if record.state is TrialState.COMPLETE]
    return {record.plan.repeat: record for record in complete if belongs(pair, record)}


def _is_original(pair: LeftOutPair, record: TrialRecord) -> bool:
    return record.plan.variant is None and _is_of(pair.single, record)


def _is_transferred(pair: LeftOutPair, record: TrialRecord) -> bool:
    variant = record.plan.variant
    is_from = isinstance(variant, Transferred) and variant.trial == pair.shared.plan.number
    return is_from and _is_of(pair.single, record)


def _is_backbone(pair: LeftOutPair, record: TrialRecord) -> bool:
    variant = record.plan.variant
    return isinstance(variant, LeftOut) and variant.task == pair.task and _is_of(pair.shared, record)


def _is_of(selected: TrialRecord, record: TrialRecord) -> bool:
    return (record.plan.arm.id, record.plan.number) == (selected.plan.arm.id, selected.plan.number)


def _why_stopped(pair: LeftOutPair, stopped: Container[str]) -> str | None:
    """Return which side is not assessed, for a race was decided against it; None where there is no such race."""
    names = [arm for arm in (pair.shared.plan.arm.id, pair.single.plan.arm.id) if arm in stopped]
    return f"not run, for search.racing stopped {' and '.join(names)}" if names else None


def _why_none(pair: LeftOutPair, assessed: Sequence[TrialRecord]) -> str:
    for what, belongs in (
        ("not run, for training on the other tasks failed", _is_backbone),
        ("fine-tuning the original failed", _is_original),
        ("fine-tuning from the others failed", _is_transferred),
    ):
        for record in assessed:
            if record.state is TrialState.FAILED and belongs(pair, record):
                return f"{what}: {(record.reason or 'unknown').strip().splitlines()[0]}"
    return "not assessed yet"
