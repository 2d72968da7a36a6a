"""How an assessed model does on data from elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from study.learning.evaluation import predict
from study.learning.stream import Stream
from study.parts.tasks.other_data import OtherData, open_other_data
from study.trial.kept_values import KeptValues
from study.trial.outputs import Outputs
from study.trial.predictions import Predictions
from study.trial.trial import Trial
from study.values.frozen import Frozen
from study.values.metric_names import Split

FILE = "out_of_distribution.json"
ELSEWHERE = "out_of_distribution.safetensors"
"""Of the predictions."""


class OtherScore(Frozen):
    """A task's metrics on one set of data out of its distribution."""

    task: str
    data: str
    """Name of the data."""
    num_examples: int
    metrics: dict[str, float]
    """Value by the metric's name."""


def predict_elsewhere(trial: Trial) -> Iterator[tuple[OtherScore, Predictions]]:
    """Yield each task's metrics and predictions on all data that its spec names for that.

    Predictions are as those of a test split, of a task called `TASK/DATA`.

    Args:
        trial: Trained to its end.
    """
    plan = trial.plan
    for position, (task, spec) in enumerate(zip(trial.tasks, plan.arm.tasks, strict=True)):
        for one in spec.out_of_distribution:
            other = open_other_data(one, task.classes, seed=plan.split_seed, root=Path(plan.root))
            found = _outputs(trial, position, other)
            yield (
                OtherScore(
                    task=task.name, data=one.name, num_examples=len(other.examples), metrics=found.metrics(trial)
                ),
                found.predictions(trial, name=f"{task.name}/{one.name}"),
            )


def _outputs(trial: Trial, position: int, other: OtherData) -> Outputs:
    store = trial.materials.store(other.inputs, other.examples, trial.model.backbone.preprocessing, trial.plan)
    inputs, start = trial.scored_inputs(store)
    rows = torch.arange(len(other.examples))
    labels = torch.from_numpy(other.labels[other.examples])
    stream = Stream(
        tasks=(position,),
        inputs=inputs,
        start=start,
        labels=labels.unsqueeze(0),
        train=rows[:0],
        validation=rows,
    )
    outputs = predict(trial.model, stream, rows, trial.device)[position]
    return Outputs(position=position, split=Split.TEST, examples=other.examples, outputs=outputs, labels=labels)


_KEPT = KeptValues(FILE, OtherScore)
save_out_of_distribution, load_out_of_distribution = _KEPT.save, _KEPT.load
"""Write scores into a folder, and return what was written there; empty where nothing was."""
