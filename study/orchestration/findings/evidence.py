"""What the arms of a task predicted of the same test examples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from study.orchestration.findings.kept import kept
from study.statistics.estimates import Estimates
from study.statistics.label_scores import LabelScores
from study.statistics.ordinal_predictions import OrdinalPredictions
from study.statistics.predictions import Predictions
from study.trial.predictions import Predictions as SavedPredictions
from study.trial.predictions import load_predictions
from study.values.metric_names import Split
from study.values.records import TrialRecord
from study.values.spec import TaskSpec
from study.values.target_kind import TargetKind

TestPredictions: TypeAlias = Predictions | Estimates | LabelScores


@dataclass(frozen=True, kw_only=True, eq=False)
class SeedEvidence:
    """What one assessed model predicted of a task."""

    validation: SavedPredictions
    test: SavedPredictions


@dataclass(frozen=True, kw_only=True, eq=False)
class TaskEvidence:
    """One task, and every arm that was assessed on it."""

    task: TaskSpec
    arms: Mapping[str, Sequence[SeedEvidence]]
    """By arm id, a model a seed."""

    @cached_property
    def examples(self) -> NDArray[np.int64]:
        """Test examples that every model predicted, ascending: all, unless a split drawn anew lost one."""
        tests = [seed.test.examples for seeds in self.arms.values() for seed in seeds]
        return reduce(np.intersect1d, tests)

    @cached_property
    def test(self) -> dict[str, TestPredictions]:
        """Of each arm, on `examples`."""
        examples, kind = self.examples, self.task.kind
        return {arm: stacked([seed.test for seed in seeds], examples, kind) for arm, seeds in self.arms.items()}

    @property
    def classified(self) -> dict[str, Predictions]:
        """The same where an example is of one class; empty where it is not."""
        return {arm: found for arm, found in self.test.items() if isinstance(found, Predictions)}

    def class_name(self, number: int) -> str:
        """Return the name of a class; its number where the predictions are of an earlier version, without names."""
        names = next(seed.test.classes for seeds in self.arms.values() for seed in seeds)
        return names[number] if names else str(number)


def stacked(models: Sequence[SavedPredictions], examples: NDArray[np.int64], kind: TargetKind) -> TestPredictions:
    """Return what several models predicted of the same examples as one.

    Args:
        models: Each predicted all of `examples`, in whatever order.
        examples: Their positions in the data, ascending.
        kind: Of the task.
    """
    rows = [np.flatnonzero(np.isin(one.examples, examples)) for one in models]
    order = [row[np.argsort(one.examples[row])] for one, row in zip(models, rows, strict=True)]
    logits = np.stack([one.logits[row] for one, row in zip(models, order, strict=True)])
    labels = models[0].labels[order[0]]
    if labels.dtype.kind == "f":
        return Estimates(logits[..., 0].astype(np.float64), labels.astype(np.float64))
    if labels.ndim > 1:
        return LabelScores(logits.astype(np.float64), labels.astype(np.int8))
    of_classes = OrdinalPredictions if kind is TargetKind.ORDINAL else Predictions
    return of_classes.of_logits(logits, labels.astype(np.int64))


def gather(
    tasks: Iterable[TaskSpec], assessed: Mapping[str, Sequence[TrialRecord]], bring: Callable[[str], Path]
) -> list[TaskEvidence]:
    """Return the evidence on each task that an arm was assessed on.

    An assessment that kept no predictions, such as one of an earlier version, is left out.

    Args:
        tasks: The study's.
        assessed: Complete assessments by arm id.
        bring: Returns a folder of the study directory, fetched if it is elsewhere.
    """
    models = {arm: [kept(record, bring, load_predictions) for record in records] for arm, records in assessed.items()}
    found = []
    for task in tasks:
        arms = {arm: [seed for one in seeds if (seed := _of_task(one, task.name))] for arm, seeds in models.items()}
        arms = {arm: seeds for arm, seeds in arms.items() if seeds}
        if arms:
            found.append(TaskEvidence(task=task, arms=arms))
    return found


def _of_task(predictions: Iterable[SavedPredictions], task: str) -> SeedEvidence | None:
    by_split = {one.split: one for one in predictions if one.task == task}
    if Split.TEST not in by_split or not len(by_split[Split.TEST].labels):
        return None
    return SeedEvidence(validation=by_split[Split.VALIDATION], test=by_split[Split.TEST])
