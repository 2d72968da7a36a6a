"""The rule of one standard error: nothing is adapted more than the validation examples give reason for."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from study.values.metric_names import Split, tag
from study.values.records import TrialRecord
from study.values.selection.choice import Choice, badness
from study.values.standard_error import standard_error


class OneStandardError(Choice):
    """Of the trials within one standard error of the best, the one that adapts least (Breiman et al., 1984,
    Classification and Regression Trees, section 3.4.3).

    Least: most stages frozen, then the smallest head (hidden layers times their width), then the better objective,
    then the trial asked for first. The standard error is that of the best trial's objective.
    """

    def choose(self, candidates: Sequence[TrialRecord]) -> TrialRecord:
        """Return the one that adapts least of those not shown to be worse than the best."""
        best = min(candidates, key=lambda record: (badness(record), _adaptation(record)))
        limit = badness(best) + objective_error(best)
        return min([record for record in candidates if badness(record) <= limit], key=_adaptation)

    def contenders(self, candidates: Sequence[TrialRecord]) -> list[TrialRecord]:
        """Return those that no other matches with as little adaptation."""
        kept: list[TrialRecord] = []
        for record in sorted(candidates, key=_adaptation):
            if not kept or badness(record) < badness(kept[-1]):
                kept.append(record)
        return kept


def objective_error(record: TrialRecord) -> float:
    """Return the standard error of a trial's objective, or an upper bound of it.

    The objective is a mean over tasks, which may share examples and err on the same ones: the mean of the tasks'
    standard errors bounds its own, however far they go together. It is that of the epoch whose weights count.
    """
    metrics, counts = record.chosen_epoch.metrics, record.plan.validation_counts
    return fmean(
        standard_error(task.metric, metrics[tag(Split.VALIDATION, task.name, task.metric)], counts[task.name])
        for task in record.plan.arm.tasks
    )


def _adaptation(record: TrialRecord) -> tuple[float, ...]:
    values = record.plan.hyperparameters
    head_size = values.head_depth * values.head_width
    return -values.freezing_depth, head_size, badness(record), record.plan.number
