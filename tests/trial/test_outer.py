"""What is set aside is scored once, when a search trial is over, and has no say in anything before."""

from dataclasses import replace

import numpy as np
import pytest
from test_pack import FROZEN, OWN_DATA, VARIED, by_trial, plans
from test_trial import TASKS, assert_close, own_plan

from study.learning.evaluation import evaluate
from study.orchestration.replay import replay
from study.trial.assessment import assess
from study.trial.materials import Materials
from study.trial.pack import TrialPack
from study.trial.trial import Trial, run_trial
from study.values.metric_names import metrics_of
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.scoring import SelectionRule
from study.values.target_kind import TargetKind

CLASSIFIED = metrics_of(TargetKind.CLASSIFICATION)

SHARE = 0.25
WORSENS = {"head_learning_rate": 0.3, "backbone_learning_rate": 0.3, "schedule": "constant"}
"""A rate so large that later epochs are worse than the best one."""


class Mislabelled(Materials):
    """Data whose examples that are set aside have another label than they had."""

    def tasks(self, plan):
        return tuple(self._mislabelled(task) for task in super().tasks(plan))

    def _mislabelled(self, task):
        labels = task.labels.copy()
        labels[task.splits.outer] = (labels[task.splits.outer] + 1) % task.output_width
        return replace(task, labels=labels)


def outers(epochs):
    return [epoch.outer for epoch in epochs]


@pytest.mark.parametrize("depth", [1, FROZEN])
def test_a_trial_is_scored_on_every_task_and_metric_once_it_is_over(tmp_path, depth):
    planned = own_plan(tmp_path, depth=depth, protocol="shared_representation", outer=SHARE)
    first, last = run_trial(planned)
    assert first.outer == {}
    assert last.outer.keys() == {f"outer/{task}/{name}" for task in ("digit", "odd") for name in CLASSIFIED}
    assert not any(name.startswith("outer/") for epoch in (first, last) for name in epoch.metrics)
    record = TrialRecord(plan=planned, epochs=(first, last), started_at=0.0)
    chosen = [last.outer[f"outer/{task}/balanced_accuracy"] for task in ("digit", "odd")]
    assert record.outer_objective == pytest.approx(np.mean(chosen))
    assert record.lean().outer_objective == record.outer_objective
    uncached = planned.model_copy(update={"feature_cache_gib": 0.0})
    assert_close(outers(run_trial(uncached)), outers([first, last]))


def test_nothing_is_trained_on_it_and_nothing_is_decided_by_it(tmp_path):
    planned = own_plan(tmp_path, protocol="shared_representation", outer=SHARE, epochs=3)
    plain, mislabelled = (list(Trial(planned, data).epochs()) for data in (Materials(), Mislabelled()))
    assert [epoch.metrics for epoch in plain] == [epoch.metrics for epoch in mislabelled]
    assert plain[-1].outer["outer/digit/accuracy"] > mislabelled[-1].outer["outer/digit/accuracy"]


def test_a_trial_that_is_stopped_early_is_not_scored_and_one_that_converged_is(tmp_path):
    still = {"head_learning_rate": 1e-12, "backbone_learning_rate": 1e-12, "dropout": 0.0}
    epochs = list(run_trial(own_plan(tmp_path, epochs=9, patience=2, values=still, outer=SHARE)))
    assert len(epochs) < 9
    assert [bool(epoch.outer) for epoch in epochs] == [*[False] * (len(epochs) - 1), True]


def test_the_best_epochs_weights_are_scored_where_they_count_also_after_a_checkpoint(tmp_path):
    planned = own_plan(tmp_path, epochs=6, values=WORSENS, outer=SHARE, selection=SelectionRule.BEST_EPOCH)
    trial = Trial(planned)
    epochs = list(trial.epochs())
    assert max(epoch.objective for epoch in epochs) > epochs[-1].objective
    [stream] = trial.learner.streams
    validated = evaluate(trial.model, stream, stream.validation, trial.learner.objectives, trial.device)
    assert validated[0]["balanced_accuracy"] == pytest.approx(max(epoch.objective for epoch in epochs))

    interrupted = Trial(planned)
    going = interrupted.epochs()
    for _ in range(5):
        next(going)
    interrupted.save(tmp_path / "saved")
    resumed = list(run_trial(planned.model_copy(update={"checkpoint": str(tmp_path / "saved")})))
    assert_close(outers(resumed), outers(epochs[5:]))


@pytest.mark.parametrize("tasks", [TASKS, OWN_DATA], ids=["shared inputs", "inputs of their own"])
def test_a_pack_scores_its_trials_as_they_would_be_alone(tmp_path, tasks):
    changes = {"protocol": "shared_representation", "tasks": tasks, "outer": SHARE, "epochs": 3}
    planned = plans(tmp_path, [*VARIED, {"batch_size": 16, "head_depth": 1}], **changes)
    for one, plan in zip(by_trial(TrialPack(planned), len(planned)), planned, strict=True):
        assert_close(outers(one), outers(run_trial(plan)))
        assert one[-1].outer


def test_in_a_pack_each_trial_is_scored_with_its_own_best_weights_when_its_own_end_comes(tmp_path):
    still = {"head_learning_rate": 1e-12, "dropout": 0.0}
    configurations = [{"head_learning_rate": 1.0, "optimizer": "sgd"}, still, {"head_learning_rate": 0.03}]
    changes = {"epochs": 5, "patience": 2, "outer": SHARE, "selection": SelectionRule.BEST_EPOCH}
    planned = plans(tmp_path, configurations, **changes)
    packed = by_trial(TrialPack(planned), len(planned))
    assert len({len(one) for one in packed}) > 1
    for one, plan in zip(packed, planned, strict=True):
        assert_close(outers(one), outers(run_trial(plan)))


def test_an_assessment_leaves_it_aside_and_is_not_scored_on_it(tmp_path):
    planned = own_plan(tmp_path, purpose=Purpose.ASSESSMENT, outer=SHARE, selection=SelectionRule.BEST_EPOCH)
    trial = Trial(planned)
    assert outers(trial.epochs()) == [{}, {}]
    [task], [searched] = trial.tasks, Materials().tasks(planned.model_copy(update={"purpose": Purpose.SEARCH}))
    np.testing.assert_array_equal(task.splits.train, searched.splits.train)
    scored = {int(example) for one in assess(trial).predictions for example in one.examples}
    assert not scored & set(task.splits.outer.tolist())


def test_a_replay_compares_it(tmp_path):
    planned = own_plan(tmp_path, outer=SHARE)
    record = TrialRecord(plan=planned, epochs=tuple(run_trial(planned)), started_at=0.0)
    assert replay(record, planned).same
    last = record.epochs[-1]
    other = last.model_copy(update={"outer": {**last.outer, "outer/digit/accuracy": 2.0}})
    changed = replay(record.model_copy(update={"epochs": (record.epochs[0], other)}), planned)
    assert list(changed.differences) == ["outer/digit/accuracy"]
