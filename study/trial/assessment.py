"""Assessment of a trained configuration on test: the only code that reads the test split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from study.learning.evaluation import predict
from study.learning.image_store import ImageStore
from study.learning.input_store import InputStore
from study.learning.manifest import extend_manifest
from study.learning.stream import Stream, group_tasks, label_matrix
from study.parts.tasks.data import MISSING
from study.trial.out_of_distribution import ELSEWHERE, OtherScore, predict_elsewhere, save_out_of_distribution
from study.trial.outputs import Outputs
from study.trial.predictions import Predictions, save_predictions
from study.trial.robustness import CorruptedScore, corrupted_scores, save_robustness
from study.trial.trial import Trial
from study.values.metric_names import Split, tag
from study.values.plan import Purpose


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What a trial trained to its end gives on examples that took no part in training."""

    scores: dict[str, float]
    """Test metrics by tag `test/task/metric`."""
    predictions: tuple[Predictions, ...]
    """Of each task, on validation and on test."""
    robustness: tuple[CorruptedScore, ...] = ()
    """On corrupted test images, where the plan asks for it."""
    out_of_distribution: tuple[OtherScore, ...] = ()
    """On data from elsewhere, where the arm's tasks name any."""
    elsewhere: tuple[Predictions, ...] = ()
    """Of the same data."""


def save_assessment(folder: Path, assessment: Assessment) -> None:
    """Write what is kept beside the weights of an assessed model into their folder."""
    save_predictions(folder, assessment.predictions)
    save_robustness(folder, assessment.robustness)
    save_out_of_distribution(folder, assessment.out_of_distribution)
    if assessment.elsewhere:
        save_predictions(folder, assessment.elsewhere, name=ELSEWHERE)
    extend_manifest(folder)


def assess(trial: Trial) -> Assessment:
    """Open the test split, once, and predict it, and validation with it."""
    assert trial.plan.purpose is Purpose.ASSESSMENT, "test is opened by assessment alone"
    assert trial.is_over, "only a whole trial is scored"
    trial.use_chosen_weights()
    scores: dict[str, float] = {}
    predictions: list[Predictions] = []
    corrupted: list[CorruptedScore] = []
    for group, stream in zip(group_tasks(trial.tasks), trial.learner.streams, strict=True):
        splits = trial.tasks[group[0]].splits
        of_validation = _predict(trial, stream, stream.validation, splits.validation, Split.VALIDATION)
        predictions += [one.predictions(trial) for one in of_validation]
        store = _test_inputs(trial, group)
        test = _test_stream(trial, group, store)
        of_test = list(_predict(trial, test, test.validation, splits.test, Split.TEST))
        predictions += [one.predictions(trial) for one in of_test]
        for one in of_test:
            name = trial.tasks[one.position].name
            scores.update({tag(Split.TEST, name, metric): value for metric, value in one.metrics(trial).items()})
        if trial.plan.robustness and isinstance(store, ImageStore):
            corrupted += corrupted_scores(trial, test, store)
    # What departs from the selected configuration is compared on test alone.
    elsewhere = list(predict_elsewhere(trial)) if trial.plan.variant is None else []
    return Assessment(
        scores=scores,
        predictions=tuple(predictions),
        robustness=tuple(corrupted),
        out_of_distribution=tuple(score for score, _ in elsewhere),
        elsewhere=tuple(found for _, found in elsewhere),
    )


def _test_inputs(trial: Trial, group: Sequence[int]) -> InputStore:
    task = trial.tasks[group[0]]
    return trial.materials.store(task.inputs, task.splits.test, trial.model.backbone.preprocessing, trial.plan)


def _test_stream(trial: Trial, group: Sequence[int], store: InputStore) -> Stream:
    test = trial.tasks[group[0]].splits.test
    rows = torch.arange(len(test))
    inputs, start = trial.scored_inputs(store)
    return Stream(
        tasks=tuple(group),
        inputs=inputs,
        start=start,
        labels=label_matrix(trial.tasks, group, test),
        train=rows[:0],
        validation=rows,
    )


def _predict(
    trial: Trial, stream: Stream, rows: torch.Tensor, examples: NDArray[np.int64], split: Split
) -> Iterator[Outputs]:
    outputs = predict(trial.model, stream, rows, trial.device)
    for place, position in enumerate(stream.tasks):
        labels = stream.labels[place, rows]
        labelled = labels != MISSING
        yield Outputs(
            position=position,
            split=split,
            examples=examples[labelled.numpy()],
            outputs=outputs[position][labelled],
            labels=labels[labelled],
        )
