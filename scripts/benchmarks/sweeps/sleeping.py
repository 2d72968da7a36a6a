"""Our trials with the training replaced by sleep."""

from __future__ import annotations

import time
from typing import Any

from ray import tune

from study.adapters.tune.keys import EPOCH, MEMBERS, OBJECTIVE, PLANS, RECORD, TRIAL
from study.values.metric_names import OBJECTIVE as OBJECTIVE_TAG
from study.values.metric_names import Split, tag
from study.values.plan import TrialPlan
from study.values.records import EpochRecord

_METRICS = ("loss", "accuracy", "balanced_accuracy", "macro_f1", "nll", "ece", "brier")


class SleepingTrial(tune.Trainable):  # type: ignore[misc]
    """Reports what a real trial of one task reports, after a sleep."""

    duration_s = 0.0

    def setup(self, config: dict[str, Any]) -> None:
        self._plan = TrialPlan.model_validate_json(config[PLANS][0])
        self._epoch = 0

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self.setup(new_config)
        return True

    def step(self) -> dict[str, Any]:
        time.sleep(self.duration_s / self._plan.epochs)
        self._epoch += 1
        values = self._plan.hyperparameters
        objective = objective_of(values.dropout, values.label_smoothing)
        splits = (Split.TRAIN, Split.VALIDATION, Split.GAP)
        metrics = {tag(split, "a", metric): objective for split in splits for metric in _METRICS}
        record = EpochRecord(
            epoch=self._epoch, metrics={**metrics, OBJECTIVE_TAG: objective}, duration_s=self.duration_s
        )
        member = {
            TRIAL: self._plan.folder,
            EPOCH: record.epoch,
            OBJECTIVE: record.objective,
            RECORD: record.model_dump_json(),
        }
        return {
            MEMBERS: [member],
            "done": self._epoch == self._plan.epochs,
            "should_checkpoint": False,
        }


def sleeping_for(duration_s: float) -> type[SleepingTrial]:
    """Return the trainable whose trials take that many seconds."""
    return type("SleepingTrial", (SleepingTrial,), {"duration_s": duration_s, "__module__": "__main__"})


def objective_of(dropout: float, label_smoothing: float) -> float:
    """Return a closed-form objective, so that samplers have something to model."""
    return 1 - (dropout - 0.2) ** 2 - (label_smoothing - 0.1) ** 2
