"""What is written in one go is what Optuna itself would have written."""

from __future__ import annotations

from pathlib import Path

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage, RDBStorage
from optuna.trial import FrozenTrial, TrialState, create_trial

from study.adapters.optuna_search import open_storage
from study.adapters.optuna_search.batching_storage import together


def _trial(state: TrialState, **changes: object) -> FrozenTrial:
    known = {
        "params": {"x": 0.5, "n": 3, "kind": "b"},
        "distributions": {
            "x": FloatDistribution(1e-3, 1.0, log=True),
            "n": IntDistribution(1, 8),
            "kind": CategoricalDistribution(["a", "b", None]),
        },
        "user_attrs": {"number": 4, "hyperparameters": {"x": 0.5, "none": None}},
        "system_attrs": {"relative": '{"x": 0.5}'},
    }
    return create_trial(state=state, **{**known, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "trial",
    [
        _trial(TrialState.RUNNING),
        _trial(TrialState.FAIL),
        _trial(TrialState.COMPLETE, value=0.25, intermediate_values={1: 0.5, 2: 0.25}),
    ],
    ids=["running", "failed", "with values"],
)
def test_it_reads_as_if_optuna_had_written_it(tmp_path: Path, trial: FrozenTrial) -> None:
    read = []
    for storage in (open_storage(None, tmp_path / "ours"), RDBStorage(f"sqlite:///{tmp_path}/theirs.db")):
        study = optuna.create_study(study_name="s", storage=storage)
        study_id = storage.get_study_id_from_name("s")
        study.ask()
        assert storage.get_trial_number_from_id(storage.create_new_trial(study_id, trial)) == 1
        read.append(storage.get_all_trials(study_id)[1])
    assert read[0] == read[1]


def _report_together(storage: BaseStorage, trial_ids: list[int]) -> None:
    with together(storage):
        for trial_id in trial_ids:
            storage.set_trial_intermediate_value(trial_id, 1, 0.5)


def test_a_block_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    storage = open_storage(None, tmp_path)
    study = optuna.create_study(study_name="s", storage=storage)
    first, second = study.ask(), study.ask()
    with together(storage):
        storage.set_trial_intermediate_value(first._trial_id, 1, 0.5)
        storage.set_trial_state_values(first._trial_id, TrialState.COMPLETE, [0.5])
    with pytest.raises(KeyError, match="does not exist"):
        _report_together(storage, [second._trial_id, 99])
    trials = optuna.load_study(study_name="s", storage=open_storage(None, tmp_path)).trials
    assert [trial.state for trial in trials] == [TrialState.COMPLETE, TrialState.RUNNING]
    assert [trial.intermediate_values for trial in trials] == [{1: 0.5}, {}]
    storage.set_trial_intermediate_value(second._trial_id, 1, 0.25)
    assert study.trials[1].intermediate_values == {1: 0.25}
