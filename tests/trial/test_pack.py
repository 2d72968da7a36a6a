"""Trials trained side by side: each gives what it would give alone, and each goes wrong, stops and resumes alone."""

import itertools

import numpy as np
import pytest
from test_trial import TASKS, assert_close, metrics, own_plan

from study.learning.errors import TrainingError
from study.learning.pack import PackLearner
from study.learning.trained_state import trained_state
from study.trial.assessment import assess
from study.trial.materials import Materials
from study.trial.pack import TrialPack
from study.trial.predictions import load_predictions
from study.trial.trial import Trial
from study.values.plan import Purpose
from study.values.problems import InputError
from study.values.scoring import SelectionRule

FROZEN = 3
"""All stages of the small net."""
OWN_DATA = [TASKS[0], {"name": "more", "data": "parts.py:more_digits", "target": "digit"}]
"""Tasks that take turns."""


def plans(tmp_path, configurations, **changes):
    """Return a plan a configuration, each with its own seed."""
    return [
        own_plan(tmp_path, depth=FROZEN, values=values, seed=seed, **changes)
        for seed, values in enumerate(configurations)
    ]


def by_trial(pack, num_trials):
    """Return each trial's epochs, and what ended it if it failed."""
    epochs = [[] for _ in range(num_trials)]
    for outcomes in pack.epochs():
        for number, outcome in outcomes.items():
            epochs[number].append(outcome)
    return epochs


VARIED = [
    {"head_learning_rate": 0.3, "dropout": 0.0, "weight_decay": 0.1},
    {"head_learning_rate": 0.001, "dropout": 0.5, "label_smoothing": 0.1, "warmup_fraction": 0.3},
    {"head_learning_rate": 0.03, "dropout": 0.2, "schedule": "constant", "momentum": 0.0},
    {"head_learning_rate": 0.01, "dropout": 0.1, "weight_decay": 0.01, "momentum": 0.95},
]


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd"])
@pytest.mark.parametrize("head_depth", [0, 2])
def test_a_pack_gives_what_its_trials_give_alone(tmp_path, optimizer, head_depth):
    widths = (16, 40, 7, 32)
    configurations = [
        {**values, "optimizer": optimizer, "head_depth": head_depth, "head_width": width}
        for values, width in zip(VARIED, widths, strict=True)
    ]
    planned = plans(tmp_path, configurations, epochs=3)
    packed = by_trial(TrialPack(planned), len(planned))
    for one, plan in zip(packed, planned, strict=True):
        assert [record.epoch for record in one] == [1, 2, 3]
        assert_close([record.metrics for record in one], metrics(plan))


@pytest.mark.parametrize("tasks", [TASKS, OWN_DATA], ids=["shared inputs", "inputs of their own"])
def test_tasks_that_share_a_backbone_pack_too(tmp_path, tasks):
    weights = [{}, {"digit": 3.0}, {"digit": 0.2}]
    configurations = [{**VARIED[3], "task_weights": each, "head_depth": 1} for each in weights]
    planned = plans(tmp_path, configurations, protocol="shared_representation", tasks=tasks)
    for one, plan in zip(by_trial(TrialPack(planned), 3), planned, strict=True):
        assert_close([record.metrics for record in one], metrics(plan))


def test_trials_of_other_shapes_are_trained_in_the_same_pack(tmp_path):
    shapes = itertools.product((16, 32), (0, 1), ("adamw", "sgd"))
    configurations = [{"batch_size": size, "head_depth": depth, "optimizer": kind} for size, depth, kind in shapes]
    planned = plans(tmp_path, configurations)
    for one, plan in zip(by_trial(TrialPack(planned), len(planned)), planned, strict=True):
        assert_close([record.metrics for record in one], metrics(plan))


def test_a_trial_that_diverges_leaves_the_others_as_they_are(tmp_path):
    configurations = [{"optimizer": "sgd"}, {"optimizer": "sgd", "head_learning_rate": 3e38}, {"optimizer": "sgd"}]
    planned = plans(tmp_path, configurations)
    first, diverged, last = by_trial(TrialPack(planned), 3)
    with pytest.raises(TrainingError) as alone:
        metrics(planned[1])
    assert [type(outcome) for outcome in diverged] == [TrainingError]
    assert str(diverged[0]) == str(alone.value)
    for one, plan in ((first, planned[0]), (last, planned[2])):
        assert_close([record.metrics for record in one], metrics(plan))


def test_a_trial_that_cannot_be_set_up_fails_alone(tmp_path):
    planned = plans(tmp_path, [{}, {"batch_size": 100_000}])
    whole, refused = by_trial(TrialPack(planned), 2)
    assert len(whole) == 2
    assert [type(outcome) for outcome in refused] == [InputError]
    assert "batch_size = 100000" in str(refused[0])


def test_a_pack_whose_features_are_not_kept_gives_the_same(tmp_path):
    planned = plans(tmp_path, VARIED[:2], feature_cache_gib=1e-6)
    for one, plan in zip(by_trial(TrialPack(planned), 2), planned, strict=True):
        assert "larger than feature_cache_gib" in one[0].notes["features"]
        assert_close([record.metrics for record in one], metrics(plan))


def test_what_goes_wrong_in_the_program_is_said_of_all_that_are_in_it(tmp_path):
    planned = plans(tmp_path, [{}, {}, {"batch_size": 16}])
    pack = TrialPack(planned)
    (numbers, learner), _ = pack._stacked()
    assert numbers == [0, 1]
    learner._weights = learner._weights[:, :0]
    first, second, other = by_trial(pack, 3)
    assert [type(outcome) for outcome in (*first, *second)] == [RuntimeError, RuntimeError]
    assert_close([record.metrics for record in other], metrics(planned[2]))


def test_dropped_trials_train_no_further_and_change_nothing_for_the_rest(tmp_path):
    planned = plans(tmp_path, [*VARIED, {"batch_size": 16}], epochs=3)
    pack = TrialPack(planned)
    epochs = pack.epochs()
    assert next(epochs).keys() == {0, 1, 2, 3, 4}
    pack.drop([0, 2, 4])
    assert pack.numbers == [1, 3]
    rest = [next(epochs), next(epochs)]
    assert next(epochs, None) is None
    for number in (1, 3):
        assert_close([outcomes[number].metrics for outcomes in rest], metrics(planned[number])[1:])


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_pack_resumes_from_its_checkpoint_and_each_of_its_trials_alone(tmp_path, optimizer):
    configurations = [{**values, "optimizer": optimizer, "head_depth": 1} for values in VARIED]
    planned = plans(tmp_path, configurations, epochs=4)
    undisturbed = [metrics(plan) for plan in planned]
    pack = TrialPack(planned)
    epochs = pack.epochs()
    next(epochs), next(epochs)
    pack.drop([3])
    pack.save(tmp_path / "checkpoint")

    saved = [
        plan.model_copy(update={"checkpoint": str(tmp_path / "checkpoint" / str(number))})
        for number, plan in enumerate(planned[:3])
    ]
    resumed = TrialPack(saved)
    for number, one in enumerate(by_trial(resumed, 3)):
        assert [record.epoch for record in one] == [3, 4]
        assert_close([record.metrics for record in one], undisturbed[number][2:])

    alone = own_plan(tmp_path, depth=FROZEN, values=configurations[1], seed=1, epochs=4)
    alone = alone.model_copy(update={"checkpoint": str(tmp_path / "checkpoint" / "1")})
    assert_close(metrics(alone), undisturbed[1][2:])


def test_packed_heads_of_different_width_keep_their_padding_at_zero(tmp_path):
    configurations = [{"head_depth": 1, "head_width": width, "weight_decay": 0.1, "dropout": 0.3} for width in (4, 9)]
    trials = [Trial(plan, Materials()) for plan in plans(tmp_path, configurations)]
    learner = PackLearner([t.learner for t in trials], [t.plan.hyperparameters for t in trials])
    learner.train_epoch([1, 2])
    [heads] = learner._heads
    assert heads.weights[0].value.shape[1] == 9
    assert not heads.weights[0].value[0, 4:].any()
    assert not heads.weights[1].value[0, :, 4:].any()
    learner.write_back()
    assert trained_state(trials[0].model)["heads.0.1.weight"].shape[0] == 4


def test_a_member_that_gets_no_better_is_over_and_the_others_go_on(tmp_path):
    still = {"head_learning_rate": 1e-12, "dropout": 0.0}
    planned = plans(tmp_path, [still, {"head_learning_rate": 0.03}], epochs=6, patience=2)
    planned[1] = planned[1].model_copy(update={"patience": None})
    one, other = by_trial(TrialPack(planned), 2)
    assert [record.epoch for record in one] == [1, 2, 3]
    assert len(other) == 6
    assert_close([record.metrics for record in other], metrics(planned[1]))


def assessed_alone(plan):
    trial = Trial(plan)
    list(trial.epochs())
    return assess(trial)


def seeds_of_one_configuration(tmp_path, **changes):
    values = {**VARIED[2], "head_learning_rate": 0.3}
    planned = plans(tmp_path, [values] * 3, epochs=6, purpose=Purpose.ASSESSMENT, **changes)
    return [plan.model_copy(update={"repeat": number}) for number, plan in enumerate(planned)]


@pytest.mark.parametrize("selection", [SelectionRule.LAST_EPOCH, SelectionRule.BEST_EPOCH])
def test_assessments_packed_score_as_they_would_alone_though_they_end_at_other_epochs(tmp_path, selection):
    planned = seeds_of_one_configuration(tmp_path, patience=1, selection=selection)
    pack = TrialPack(planned)
    trained = by_trial(pack, 3)
    assert len({len(epochs) for epochs in trained}) > 1, "they end at different epochs"
    assert sorted(pack.assessments) == [0, 1, 2]
    for number, plan in enumerate(planned):
        alone, packed = assessed_alone(plan), pack.assessments[number]
        assert packed.scores == pytest.approx(alone.scores, abs=1e-4)
        for one, other in zip(packed.predictions, alone.predictions, strict=True):
            np.testing.assert_allclose(one.logits, other.logits, atol=1e-4)
    pack.save(tmp_path / "saved")
    for number in range(3):
        assert len(load_predictions(tmp_path / "saved" / str(number))) == 2


def test_a_pack_of_assessments_goes_on_where_some_had_ended_and_none_was_scored(tmp_path):
    planned = seeds_of_one_configuration(tmp_path, patience=1)
    undisturbed = TrialPack(planned)
    last = max(len(epochs) for epochs in by_trial(undisturbed, 3))
    pack = TrialPack(planned)
    epochs = pack.epochs()
    for _ in range(last - 1):
        next(epochs)
    assert len(pack.numbers) < 3
    assert not pack.assessments
    pack.save(tmp_path / "saved")
    saved = [
        plan.model_copy(update={"checkpoint": str(tmp_path / "saved" / str(number))})
        for number, plan in enumerate(planned)
    ]
    resumed = TrialPack(saved)
    assert {number for outcomes in resumed.epochs() for number in outcomes} == set(pack.numbers)
    for number, expected in undisturbed.assessments.items():
        assert resumed.assessments[number].scores == pytest.approx(expected.scores, abs=1e-4)


def test_an_assessment_that_cannot_be_scored_fails_alone(tmp_path):
    planned = seeds_of_one_configuration(tmp_path)
    pack = TrialPack(planned)
    epochs = pack.epochs()
    next(epochs)
    pack._trials[1].use_chosen_weights = None
    outcomes = [outcome for step in epochs for number, outcome in step.items() if number == 1]
    assert isinstance(outcomes[-1], TypeError)
    assert sorted(pack.assessments) == [0, 2]
