"""A study that has ended, made up: records and predictions of arms whose accuracy a test chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import builders
import numpy as np

from study.adapters.optuna_search import open_storage
from study.adapters.record_store import RecordStore
from study.learning.manifest import extend_manifest
from study.orchestration.study import Study
from study.trial.out_of_distribution import ELSEWHERE, OtherScore, save_out_of_distribution
from study.trial.predictions import Predictions, save_predictions
from study.trial.robustness import CorruptedScore, save_robustness
from study.values.hyperparameters import OptimizerKind
from study.values.metric_names import METRICS, Split, metrics_of, tag
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.spec import StudySpec
from study.values.states import TrialState
from study.values.target_kind import TargetKind
from study.values.variant import FewShot

CLASSIFIED = metrics_of(TargetKind.CLASSIFICATION)

OWN = Path(__file__).parent / "own"
NUM_CLASSES = 10
CLASSES = tuple(f"digit {number}" for number in range(NUM_CLASSES))


def concluded(
    directory: Path,
    accuracies: Mapping[str, float],
    *,
    trials: int = 12,
    seeds: int = 3,
    examples: int = 300,
    flattery: float = 0.0,
    outer: float = 0.0,
    few_shot: Sequence[int] = (),
    search: Mapping[str, Any] = MappingProxyType({}),
) -> Study:
    """Return a study of one task, an arm a name, whose models are right that often on test.

    Args:
        directory: The study directory.
        accuracies: Of each backbone, by its name.
        trials: An arm; the last one failed.
        seeds: Assessments an arm.
        examples: Of test.
        flattery: By how much the selected trial's objective is better than that of the assessments.
        outer: Share of the training examples that is set aside; on them trials score 0.1 less than on validation, but
            for chance.
        few_shot: Examples of each class for which there are assessments too; with k of them k / (k + 1) as accurate.
        search: Other search settings. Trials have 1,000 parameters for each stage that is not frozen and each hidden
            layer, and 1,000 more, and take a tenth of a millisecond for each thousand.
    """
    spec = StudySpec.model_validate(
        {
            "name": "concluded",
            "backbones": [{"source": "parts.py:small_net", "name": name} for name in accuracies],
            "tasks": [
                {
                    "name": "digit",
                    "data": "parts.py:two_labels",
                    "target": "digit",
                    "metric": "accuracy",
                    "out_of_distribution": [{"name": "later", "data": "parts.py:more_digits"}],
                }
            ],
            "search": {"trials": trials, "outer": outer, **search},
            "assessment": {"seeds": seeds, "few_shot": few_shot},
        }
    )
    study = Study(spec, directory, root=OWN)
    open_storage(None, directory)
    random, number = np.random.default_rng(0), 0
    labels = random.integers(NUM_CLASSES, size=examples)
    for arm, accuracy in zip(study.arms, accuracies.values(), strict=True):
        objectives = accuracy - np.sort(random.uniform(0, 0.2, size=trials))
        objectives[0] = accuracy + flattery
        for place, objective in enumerate(objectives):
            failed = place == trials - 1 and trials > 1
            searched = _searched(arm, number, float(objective), random, failed=failed, search=study.spec.search)
            _write(study, searched)
            number += 1
        selected = number - trials
        for repeat in range(seeds):
            _assess(study, arm, selected, repeat, accuracy, labels, random)
            for k in few_shot:
                fewer = FewShot(examples_per_class=k)
                _assess(study, arm, selected, repeat, accuracy * k / (k + 1), labels, random, fewer)
    return study


def _searched(arm, number, objective, random, *, failed, search) -> TrialRecord:
    outer = search.outer
    values = {
        "freezing_depth": int(random.integers(3)),
        "head_learning_rate": float(10 ** random.uniform(-4, -1)),
        "backbone_learning_rate": 1e-4,
        "batch_size": 32,
        "optimizer": (OptimizerKind.ADAMW, OptimizerKind.SGD)[number % 2],
        "head_depth": number % 3,
        "head_width": 64 * (1 + number % 5),
    }
    hyperparameters = builders.plan().hyperparameters.model_copy(update=values)
    changes = {"arm": arm, "hyperparameters": hyperparameters, "epochs": 2, "outer": outer}
    costly = {"measured": search.measured, "limits": search.limits}
    record = builders.scored(number, objectives=[objective / 2, objective], **changes, **costly)
    size = 1000.0 * (1 + 3 - hyperparameters.freezing_depth + hyperparameters.head_depth)
    costs = {"parameters": size, "trained_parameters": size, "latency_ms": size / 1e4, "latency_iqr_ms": 0.01}
    epochs = tuple(epoch.model_copy(update={"costs": costs}) for epoch in record.epochs)
    record = record.model_copy(update={"epochs": epochs})
    if outer and not failed:
        value = objective - 0.1 + random.normal(scale=0.02)
        scores = {tag(Split.OUTER, "digit", metric): float(value) for metric in CLASSIFIED}
        first, last = record.epochs
        record = record.model_copy(update={"epochs": (first, last.model_copy(update={"outer": scores}))})
    if failed:
        return record.ended(TrialState.FAILED, at=builders.START + 9, reason=f"loss is not finite: {arm.backbone.name}")
    return record.ended(TrialState.COMPLETE, at=builders.START + 10 + number)


def _assess(study, arm, selected, repeat, accuracy, labels, random, variant=None) -> None:
    logits = random.normal(size=(len(labels), NUM_CLASSES)).astype(np.float32)
    right = random.uniform(size=len(labels)) < accuracy
    logits[np.arange(len(labels)), np.where(right, labels, (labels + 1) % NUM_CLASSES)] += 6
    changes = {"arm": arm, "purpose": Purpose.ASSESSMENT, "repeat": repeat, "epochs": 2, "variant": variant}
    record = builders.scored(selected, objectives=[accuracy / 2, accuracy], **changes)
    trained_on = {"digit": 1000 if variant is None else NUM_CLASSES * variant.examples_per_class}
    epochs = tuple(epoch.model_copy(update={"num_train": trained_on}) for epoch in record.epochs)
    record = record.model_copy(update={"epochs": epochs})
    folder = f"{record.plan.folder}/checkpoint"
    share = float((logits.argmax(axis=1) == labels).mean())
    scores = {
        tag(Split.TEST, "digit", metric): share if METRICS[metric].maximize else 1 - share for metric in CLASSIFIED
    }
    ended = record.ended(TrialState.COMPLETE, at=builders.START + 60)
    _write(study, ended.model_copy(update={"test": scores, "checkpoint": folder}))
    (study.directory / folder).mkdir()
    save_robustness(study.directory / folder, _corrupted(share))
    later = logits.copy()
    wrong = right & (np.random.default_rng(repeat).uniform(size=len(labels)) < 0.2)
    later[wrong, labels[wrong]] -= 30
    score = float((later.argmax(axis=1) == labels).mean())
    known = OtherScore(task="digit", data="later", num_examples=len(labels), metrics={"accuracy": score})
    save_out_of_distribution(study.directory / folder, [known])
    kept = {"task": "digit", "examples": np.arange(len(labels)), "logits": logits, "labels": labels, "classes": CLASSES}
    save_predictions(study.directory / folder, [Predictions(split=s, **kept) for s in (Split.VALIDATION, Split.TEST)])
    elsewhere = Predictions(split=Split.TEST, **{**kept, "task": "digit/later", "logits": later})
    save_predictions(study.directory / folder, [elsewhere], name=ELSEWHERE)
    extend_manifest(study.directory / folder)


def _corrupted(clean: float) -> list[CorruptedScore]:
    """Return scores that fall by a tenth of the clean one with each severity."""
    return [
        CorruptedScore(task="digit", corruption=name, severity=severity, score=clean * (1 - severity / 10))
        for name in ("gaussian_noise", "gaussian_blur")
        for severity in (1, 2, 3, 4, 5)
    ]


def _write(study: Study, record: TrialRecord) -> None:
    store = RecordStore(study.directory)
    for epoch in record.epochs:
        store.append(record.plan, epoch)
    store.write(record)
