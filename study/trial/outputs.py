"""What a trained model gives for one task's labelled examples, before it is kept or measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from study.trial.predictions import Predictions
from study.trial.trial import Trial
from study.values.metric_names import Split


@dataclass(frozen=True, kw_only=True, eq=False)
class Outputs:
    """Of one split, or of data from elsewhere."""

    position: int
    """Of the task in the arm."""
    split: Split
    examples: NDArray[np.int64]
    """Position of each in the data, shape (N,)."""
    outputs: Tensor
    """Of the task's head, shape (N, output_width), on the CPU."""
    labels: Tensor
    """As the task has them, shape (N,), none of them MISSING."""

    def predictions(self, trial: Trial, *, name: str | None = None) -> Predictions:
        """Return them as they are kept, under the task's name or another."""
        task = trial.tasks[self.position]
        return Predictions(
            task=name or task.name,
            split=self.split,
            examples=self.examples,
            logits=trial.learner.objectives[self.position].predicted(self.outputs).numpy(),
            labels=task.readable(self.labels.numpy()),
            classes=task.classes,
        )

    def metrics(self, trial: Trial) -> dict[str, float]:
        """Return the task's metrics by name."""
        metrics = trial.learner.objectives[self.position].new_metrics()
        metrics.update(self.outputs.to(trial.device), self.labels.to(trial.device))
        return metrics.compute()
