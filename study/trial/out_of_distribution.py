"""How an assessed model does on data from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from study.learning.evaluation import evaluate
from study.learning.stream import Stream
from study.parts.tasks.other_data import OtherData, open_other_data
from study.trial.kept_values import KeptValues
from study.trial.trial import Trial
from study.values.frozen import Frozen

FILE = "out_of_distribution.json"


class OtherScore(Frozen):
    """A task's metrics on one set of data out of its distribution."""

    task: str
    data: str
    """Name of the data."""
    num_examples: int
    metrics: dict[str, float]
    """Value by the metric's name."""


def out_of_distribution_scores(trial: Trial) -> Iterator[OtherScore]:
    """Yield the metrics of each task on all data that its spec names for that.

    Args:
        trial: Trained to its end.
    """
    plan = trial.plan
    for position, (task, spec) in enumerate(zip(trial.tasks, plan.arm.tasks, strict=True)):
        for one in spec.out_of_distribution:
            other = open_other_data(one, task.classes, seed=plan.split_seed, root=Path(plan.root))
            yield OtherScore(
                task=task.name, data=one.name, num_examples=len(other.examples), metrics=_score(trial, position, other)
            )


def _score(trial: Trial, position: int, other: OtherData) -> dict[str, float]:
    store = trial.materials.store(other.inputs, other.examples, trial.model.backbone.preprocessing, trial.plan)
    inputs, start = trial.scored_inputs(store)
    rows = torch.arange(len(other.examples))
    stream = Stream(
        tasks=(position,),
        inputs=inputs,
        start=start,
        labels=torch.from_numpy(other.labels[other.examples]).unsqueeze(0),
        train=rows[:0],
        validation=rows,
    )
    return evaluate(trial.model, stream, rows, trial.learner.objectives, trial.device)[position]


_KEPT = KeptValues(FILE, OtherScore)
save_out_of_distribution, load_out_of_distribution = _KEPT.save, _KEPT.load
"""Write scores into a folder, and return what was written there; empty where nothing was."""
