"""The Pareto front, against Optuna's."""

import numpy as np
import optuna
import pytest

from study.values.dominance import non_dominated


def test_a_point_that_is_worse_in_one_thing_and_better_in_none_is_not_on_the_front():
    assert non_dominated([(1, 4), (2, 3), (2, 4), (3, 3), (4, 1)]) == [0, 1, 4]


def test_equal_points_are_all_on_it():
    assert non_dominated([(1, 1), (1, 1), (2, 0)]) == [0, 1, 2]
    assert non_dominated([]) == []


@pytest.mark.parametrize("num_costs", [1, 2, 3])
def test_it_is_the_front_that_optuna_finds(num_costs):
    # On a grid, so that coordinates are often equal.
    points = np.random.default_rng(num_costs).integers(0, 6, size=(80, 1 + num_costs)).astype(float)
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(directions=["minimize"] * (1 + num_costs))
    study.add_trials([optuna.trial.create_trial(values=list(point)) for point in points])
    assert non_dominated(points) == [trial.number for trial in study.best_trials]
