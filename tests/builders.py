"""Specs, arms, plans and records for tests: whole ones, of which a test names only what matters to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from study.values.arm import Arm, build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.metric_names import OBJECTIVE, Split, metrics_of, tag
from study.values.plan import Purpose, TrialPlan
from study.values.protocols import Protocol
from study.values.records import EpochRecord, TrialRecord
from study.values.spec import StudySpec
from study.values.states import TrialState
from study.values.target_kind import TargetKind

START = 1_700_000_000.0
"""Unix time at which every built trial starts, in seconds."""


def spec(**changes: Any) -> StudySpec:
    """Return a study of one backbone on two tasks with shared inputs, fine-tuned and shared."""
    whole: dict[str, Any] = {
        "name": "solar",
        "protocols": ["fine_tuning", "shared_representation"],
        "backbones": ["lite0"],
        "tasks": [
            {"name": "defect", "data": "elpv", "target": "defect"},
            {"name": "type", "data": "elpv", "target": "type"},
        ],
    }
    return StudySpec.model_validate({**whole, **changes})


def arms(**changes: Any) -> tuple[Arm, ...]:
    """Return the arms of `spec`: fine-tuning on defect, on type, and both shared."""
    return build_arms(spec(**changes))


def arm(protocol: Protocol = Protocol.FINE_TUNING, **changes: Any) -> Arm:
    """Return the first arm of a protocol."""
    return next(arm for arm in arms(**changes) if arm.protocol is protocol)


def plan(number: int = 0, **changes: Any) -> TrialPlan:
    """Return a search trial's plan, of the fine-tuning arm on defect where not said otherwise."""
    hyperparameters = Hyperparameters(
        freezing_depth=2, head_learning_rate=1e-3, backbone_learning_rate=1e-4, batch_size=32
    )
    whole: dict[str, Any] = {
        "purpose": Purpose.SEARCH,
        "number": number,
        "arm": arm(),
        "arm_number": number,
        "hyperparameters": hyperparameters,
        "seed": 1,
        "split_seed": 2,
        "epochs": 3,
        "num_threads": 1,
        "root": "/spec",
        "cache_dir": "/cache",
        "feature_cache_gib": 1.0,
    }
    return TrialPlan(**{**whole, **changes})


def epoch(number: int, *, of: Arm | None = None, objective: float | None = None) -> EpochRecord:
    """Return an epoch's record with every metric of every task of an arm; its objective is number / 10 if not given."""
    value = number / 10 if objective is None else objective
    metrics = {OBJECTIVE: value}
    for task in (of or arm()).task_names:
        for split in (Split.TRAIN, Split.VALIDATION, Split.GAP):
            metrics.update({tag(split, task, name): value for name in metrics_of(TargetKind.CLASSIFICATION)})
    return EpochRecord(epoch=number, metrics=metrics, duration_s=1.5, notes={"features": "read from the cache"})


def record(
    number: int = 0,
    *,
    epochs: int = 0,
    state: TrialState = TrialState.RUNNING,
    reason: str | None = None,
    **changes: Any,
) -> TrialRecord:
    """Return a trial's record after `epochs` epochs, ended a minute after it started if `state` is final.

    Args:
        number: The trial's.
        epochs: How many it has behind it.
        state: Where it stands.
        reason: Why it failed or was stopped.
        changes: What differs in its plan.
    """
    planned = plan(number, **changes)
    behind = tuple(epoch(n, of=planned.arm) for n in range(1, epochs + 1))
    running = TrialRecord(plan=planned, epochs=behind, started_at=START)
    return running.ended(state, at=START + 60, reason=reason) if state.is_final else running


def scored(
    number: int = 0,
    *,
    objectives: Sequence[float],
    state: TrialState = TrialState.RUNNING,
    metric: str = "balanced_accuracy",
    **changes: Any,
) -> TrialRecord:
    """Return the record of a trial on one task with an epoch for each objective, ended in `state` if it is final."""
    judged = arm(tasks=[{"name": "defect", "data": "elpv", "metric": metric}], protocols=["fine_tuning"])
    planned = plan(number, **{"arm": judged, **changes})
    behind = tuple(epoch(n, of=planned.arm, objective=value) for n, value in enumerate(objectives, start=1))
    running = TrialRecord(plan=planned, epochs=behind, started_at=START)
    return running.ended(state, at=START + 60) if state.is_final else running


def following(source: Any, *arguments: Any) -> TrialRecord | None:
    """Return the one trial that a source hands out next; None where no more will come."""
    records = source.next(*arguments)
    assert len(records) <= 1, "a pack"
    return records[0] if records else None
