"""Assessment of a trained configuration on test: the only code that reads the test split."""

from __future__ import annotations

import torch

from study.learning.evaluation import evaluate
from study.learning.stream import Stream, group_tasks, label_matrix
from study.trial.trial import Trial
from study.values.metric_names import Split, tag
from study.values.plan import Purpose


def score_test(trial: Trial) -> dict[str, float]:
    """Return the test metrics of a trial trained to its end, by tag `test/task/metric`."""
    plan = trial.plan
    assert plan.purpose is Purpose.ASSESSMENT, "test is opened by assessment alone"
    assert trial.is_over, "only a whole trial is scored"
    scores: dict[str, float] = {}
    for group in group_tasks(trial.tasks):
        test = trial.tasks[group[0]].splits.test
        store = trial.materials.images(trial.tasks[group[0]], test, trial.model.backbone.preprocessing, plan)
        rows = torch.arange(len(test))
        stream = Stream(
            tasks=group,
            inputs=store,
            start=0,
            labels=label_matrix(trial.tasks, group, test),
            train=rows[:0],
            validation=rows[:0],
        )
        metrics = evaluate(trial.model, stream, rows, trial.learner.objectives, trial.device)
        for position, values in metrics.items():
            name = trial.tasks[position].name
            scores.update({tag(Split.TEST, name, metric): value for metric, value in values.items()})
    return scores
