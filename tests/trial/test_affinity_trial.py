"""A trial that measures affinities trains as one that does not, and keeps what it measured."""

from collections import Counter

import pytest
from test_trial import own_plan

from study.learning.ranks import Ranks
from study.trial.affinity import load_affinities
from study.trial.trial import Trial
from study.values.plan import Purpose

LABELS = [{"name": name, "data": "parts.py:two_labels", "target": name} for name in ("digit", "odd")]
TASKS = [*LABELS, {"name": "more", "data": "parts.py:more_digits"}]


def plans(tmp_path, **changes):
    shared = {"protocol": "shared_representation", "tasks": TASKS, "purpose": Purpose.ASSESSMENT, **changes}
    plain = own_plan(tmp_path, **shared)
    return plain, plain.model_copy(update={"affinity": True})


@pytest.mark.parametrize(
    "changes",
    [
        {"depth": 0},
        {"depth": 1, "values": {"augmentation": "crop_color", "optimizer": "sgd"}},
        {"depth": 2, "precision": "bfloat16"},
    ],
)
def test_metrics_are_bitwise_those_of_a_trial_that_measures_nothing(tmp_path, changes):
    plain, measured = (Trial(one) for one in plans(tmp_path, **changes))
    assert [epoch.metrics for epoch in measured.epochs()] == [epoch.metrics for epoch in plain.epochs()]
    measured.save(tmp_path / "saved")
    plain.save(tmp_path / "plain")
    found = load_affinities(tmp_path / "saved")
    assert Counter(one.epoch for one in found) == {1: 9, 2: 9}, "three tasks by three, once an epoch"
    assert {(one.source, one.target) for one in found} == {(i["name"], j["name"]) for i in TASKS for j in TASKS}
    assert load_affinities(tmp_path / "plain") == []


def test_what_was_measured_survives_an_interruption(tmp_path):
    _, measured = plans(tmp_path, epochs=3)
    whole = Trial(measured)
    list(whole.epochs())
    whole.save(tmp_path / "whole")
    begun = Trial(measured)
    next(begun.epochs())
    begun.save(tmp_path / "begun")
    resumed = Trial(measured.model_copy(update={"checkpoint": str(tmp_path / "begun")}))
    list(resumed.epochs())
    resumed.save(tmp_path / "resumed")
    assert load_affinities(tmp_path / "resumed") == load_affinities(tmp_path / "whole")


def test_where_nothing_shared_is_trained_or_several_train_together_it_is_said_that_nothing_is_measured(tmp_path):
    _, frozen = plans(tmp_path, depth=3)
    trial = Trial(frozen)
    [*_, last] = trial.epochs()
    assert last.notes["affinity"] == "not measured: nothing that tasks share is trained"
    trial.save(tmp_path / "saved")
    assert load_affinities(tmp_path / "saved") == []
    plain, measured = plans(tmp_path)
    assert "several workers" in Trial(measured, ranks=Ranks(size=2)).notes["affinity"]
    assert "affinity" not in Trial(measured).notes
    waiting = measured.hyperparameters.model_copy(update={"probe_epochs": 1})
    trial = Trial(measured.model_copy(update={"hyperparameters": waiting}))
    assert trial.notes["affinity"] == "not measured in the first 1 epochs: heads alone are trained"
    assert "affinity" not in Trial(plain, ranks=Ranks(size=2)).notes
