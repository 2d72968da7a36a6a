"""What was searched, as Optuna keeps it."""

import builders
import optuna
import pandas as pd

from study.orchestration.findings.space import search_space


def test_ranges_and_choices_are_those_that_trials_were_drawn_from():
    storage = optuna.storages.InMemoryStorage()
    arms = builders.arms()
    searched = optuna.create_study(storage=storage, study_name=f"solar/{arms[0].id}")
    for _ in range(2):
        drawn = searched.ask()
        drawn.suggest_float("head_learning_rate", 1e-4, 1e-1, log=True)
        drawn.suggest_float("dropout", 0, 0.5)
        depth = drawn.suggest_int("freezing_depth", 0, 5)
        drawn.suggest_categorical("batch_size", [16, 32])
        if depth >= 0:
            drawn.suggest_int("head_width", 64, 1024, log=True)
    table = search_space("solar", arms, storage).set_index("hyperparameter")
    assert set(table["arm"]) == {arms[0].id}, "of arms that nothing was drawn for nothing is known"
    assert table["kind"].to_dict() == {
        "head_learning_rate": "float",
        "dropout": "float",
        "freezing_depth": "int",
        "batch_size": "categorical",
        "head_width": "int",
    }
    assert table.index[table["log"]].tolist() == ["head_learning_rate", "head_width"]
    assert table.loc["freezing_depth", ["low", "high"]].tolist() == [0, 5]
    assert table.loc["batch_size", "choices"] == "16, 32"
    assert pd.isna(table.loc["batch_size", "low"])
