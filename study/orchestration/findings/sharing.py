"""What a shared representation gains or loses against a model of its own for each task."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from study.orchestration.findings.screened_pairs import screened_pairs
from study.orchestration.findings.table import table_of
from study.statistics.multitask import Transfer, delta_m, transfer
from study.statistics.resampled_scores import ResampledScores
from study.values.arm import Arm
from study.values.protocols import Protocol
from study.values.seeds import derive_seed

COLUMNS = ("backbone", "task", "gain", "low", "high", "verdict")
ALL_TASKS = "all (Delta_m)"
"""What the row over all tasks is called."""

Scores = Mapping[str, Mapping[str, ResampledScores]]
"""By task, then by arm id."""


def sharing(
    arms: Sequence[Arm], scores: Scores, *, seed: int, confidence: float, screened: Container[str] = ()
) -> pd.DataFrame:
    """Return what each backbone gains by being shared, relative to fine-tuning it for each task: a row a task and one
    for all.

    Columns: `backbone`, `task`, `gain` (a share, positive where sharing is better), `low`, `high`, `verdict`. Both
    sides were searched with the same number of trials an arm, unless the spec has a race or another budget. Where
    screening left out one side, the verdict says so.

    Args:
        arms: The study's.
        scores: Of its assessed arms.
        seed: Root of the resampling.
        confidence: Coverage of the intervals.
        screened: Ids of the arms that screening left out.
    """
    rng = np.random.default_rng(derive_seed(seed, "sharing"))
    rows = [row for pair in _pairs(arms, scores) for row in _rows(*pair, rng, confidence)]
    return table_of([*rows, *screened_pairs(arms, screened)], COLUMNS)


def _pairs(
    arms: Sequence[Arm], scores: Scores
) -> Iterator[tuple[str, list[str], list[ResampledScores], list[ResampledScores]]]:
    """Yield each backbone that was both shared and fine-tuned: its name, the tasks, and both sides' scores."""
    single = {(arm.backbone.name, arm.task_names[0]): arm.id for arm in arms if arm.protocol is Protocol.FINE_TUNING}
    for arm in arms:
        if not arm.protocol.is_multi_task:
            continue
        names = [arm.backbone.name] * len(arm.tasks)
        baselines = [single.get((name, task)) for name, task in zip(names, arm.task_names, strict=True)]
        tasks = [
            task
            for task, baseline in zip(arm.task_names, baselines, strict=True)
            if baseline in scores.get(task, {}) and arm.id in scores[task] and scores[task][str(baseline)].point != 0
        ]
        if tasks:
            shared = [scores[task][arm.id] for task in tasks]
            yield arm.backbone.name, tasks, shared, [scores[task][single[arm.backbone.name, task]] for task in tasks]


def _rows(
    backbone: str,
    tasks: Sequence[str],
    shared: Sequence[ResampledScores],
    single: Sequence[ResampledScores],
    rng: np.random.Generator,
    confidence: float,
) -> Iterator[dict[str, object]]:
    for task, ours, base in zip(tasks, shared, single, strict=True):
        yield _row(backbone, task, transfer(ours, base, rng, confidence=confidence))
    if len({len(ours.by_seed) for ours in shared}) == 1:
        yield _row(backbone, ALL_TASKS, Transfer(gain=delta_m(shared, single, rng, confidence=confidence)))


def _row(backbone: str, task: str, found: Transfer) -> dict[str, object]:
    gain = found.gain
    return {
        "backbone": backbone,
        "task": task,
        "gain": gain.point,
        "low": gain.low,
        "high": gain.high,
        "verdict": found.verdict,
    }
