"""What complete trials reached at each freezing depth, with an interval where there are enough of them."""

import builders
import pytest

from study.orchestration.findings.depths import COLUMNS, depth_effects
from study.values.hyperparameters import Hyperparameters
from study.values.states import TrialState

RATES = {"head_learning_rate": 1e-3, "backbone_learning_rate": 1e-4, "batch_size": 32}


def trial(number, depth, objective, state=TrialState.COMPLETE, metric="balanced_accuracy"):
    hyperparameters = Hyperparameters(freezing_depth=depth, **RATES)
    return builders.scored(number, objectives=[objective], state=state, metric=metric, hyperparameters=hyperparameters)


def effects(trials):
    table = depth_effects({trials[0].plan.arm.id: trials}, seed=0, confidence=0.95)
    assert tuple(table.columns) == COLUMNS
    return table.set_index("freezing_depth")


def test_means_are_of_complete_trials_with_an_interval_from_four_on():
    reached = {0: [0.5, 0.6, 0.55, 0.65, 0.6], 2: [0.9, 0.8]}
    trials = [trial(n, depth, v) for depth, values in reached.items() for n, v in enumerate(values, start=10 * depth)]
    table = effects([*trials, trial(99, 2, 0.1, TrialState.PRUNED), trial(98, 1, 0.2, TrialState.PRUNED)])
    assert table["trials"].tolist() == [5, 0, 2]
    assert table["stopped"].tolist() == [0, 1, 1]
    assert table.loc[0, "mean"] == pytest.approx(0.58)
    assert 0.45 < table.loc[0, "low"] < 0.58 < table.loc[0, "high"] < 0.7
    assert table.loc[2, "mean"] == pytest.approx(0.85)
    assert table.loc[2, ["low", "high"]].isna().all()
    assert table.loc[1, ["mean", "low", "high", "best"]].isna().all()
    assert table.loc[[0, 2], "best"].tolist() == [0.65, 0.9]


def test_the_best_of_a_metric_that_is_better_lower_is_the_lowest_and_no_interval_goes_below_0():
    losses = [0.01, 0.02, 0.01, 0.9]
    table = effects([*(trial(n, 0, v, metric="nll") for n, v in enumerate(losses)), trial(9, 1, 0.5, metric="nll")])
    assert table["best"].tolist() == [0.01, 0.5]
    assert table.loc[0, "low"] == 0


def test_an_arm_that_tried_one_depth_has_no_effect_to_tell():
    assert effects([trial(0, 1, 0.5), trial(1, 1, 0.6), trial(2, 2, 0.1, TrialState.FAILED)]).empty
