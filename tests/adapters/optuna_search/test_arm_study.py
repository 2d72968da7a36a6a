from __future__ import annotations

from typing import Any

import optuna
import pytest

from study.adapters.optuna_search import open_storage
from study.values.problems import InputError
from study.values.states import TrialState


def _plain(bench: Any, study: Any) -> optuna.Study:
    return optuna.load_study(study_name=f"bench/{study.arm.id}", storage=f"sqlite:///{bench.root}/study/optuna.db")


def _play(study: Any, number: int) -> dict[str, Any]:
    trial = study.ask(number)
    values = trial.hyperparameters
    objective = 1 - (values.dropout - 0.3) ** 2
    if number % 3 == 1:
        study.report(trial.arm_number, 1, objective / 2)
        study.finish(trial.arm_number, TrialState.PRUNED, objective / 2, "stopped early")
    else:
        study.finish(trial.arm_number, TrialState.COMPLETE, objective)
    return dict(values.model_dump())


def test_optuna_reads_what_is_written(bench: Any) -> None:
    study = bench.arm_study(bench.spec())
    trial = study.ask(17)
    study.report(trial.arm_number, 1, 0.25)
    study.report(trial.arm_number, 2, 0.75)
    study.finish(trial.arm_number, TrialState.COMPLETE, 0.75)
    plain = _plain(bench, study)
    assert plain.direction is optuna.study.StudyDirection.MAXIMIZE
    (frozen,) = plain.trials
    assert frozen.state is optuna.trial.TrialState.COMPLETE
    assert frozen.value == 0.75
    assert frozen.intermediate_values == {1: 0.25, 2: 0.75}
    assert frozen.user_attrs["number"] == 17
    assert frozen.user_attrs["hyperparameters"]["dropout"] == frozen.params["dropout"]
    assert frozen.user_attrs["hyperparameters"]["batch_size"] == 8


def test_a_metric_to_be_minimised(bench: Any) -> None:
    spec = bench.spec(tasks=[{"name": "a", "data": "digits", "metric": "nll"}])
    assert _plain(bench, bench.arm_study(spec)).direction is optuna.study.StudyDirection.MINIMIZE


def test_parameters_that_do_not_apply_are_not_suggested(bench: Any) -> None:
    study = bench.arm_study(bench.spec())
    for number in range(12):
        _play(study, number)
    for trial in _plain(bench, study).trials:
        assert ("head_width" in trial.params) == (trial.params["head_depth"] > 0)
        assert ("momentum" in trial.params) == (trial.params["optimizer"] == "sgd")


def test_stopped_is_told_as_pruned_and_gone_wrong_as_failed(bench: Any) -> None:
    study = bench.arm_study(bench.spec())
    pruned, failed, odd = (study.ask(number).arm_number for number in range(3))
    study.report(pruned, 1, 0.4)
    study.finish(pruned, TrialState.PRUNED, 0.4, "stopped early by the scheduler")
    study.finish(failed, TrialState.FAILED, 0.9, "out of memory")
    study.finish(odd, TrialState.COMPLETE, float("nan"))
    trials = _plain(bench, study).trials
    assert [trial.state.name for trial in trials] == ["PRUNED", "FAIL", "FAIL"]
    assert [trial.value for trial in trials] == [0.4, None, None]
    assert [trial.user_attrs["reason"] for trial in trials] == [
        "stopped early by the scheduler",
        "out of memory",
        "the objective is nan",
    ]


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), None])
def test_no_finite_objective_is_a_failure(bench: Any, value: float | None) -> None:
    study = bench.arm_study(bench.spec())
    study.finish(study.ask(0).arm_number, TrialState.COMPLETE, value)
    assert study.asked()[0].state is TrialState.FAILED


def test_an_epoch_that_is_not_a_number_can_be_told(bench: Any) -> None:
    study = bench.arm_study(bench.spec(search={"startup_trials": 1}))
    number = study.ask(0).arm_number
    study.report(number, 1, float("nan"))
    study.finish(number, TrialState.PRUNED, None)
    assert study.ask(1) is not None


def test_telling_the_same_again_changes_nothing_and_another_end_is_refused(bench: Any) -> None:
    study = bench.arm_study(bench.spec())
    number = study.ask(0).arm_number
    study.report(number, 1, 0.5)
    study.report(number, 1, 0.6)
    for _ in range(2):
        study.finish(number, TrialState.COMPLETE, 0.5)
    (trial,) = _plain(bench, study).trials
    assert trial.intermediate_values == {1: 0.5}
    with pytest.raises(ValueError, match=r"trial 0 is COMPLETE; it cannot become failed"):
        study.finish(number, TrialState.FAILED, None, "late")


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_resumed_after_every_trial_it_asks_what_an_undisturbed_one_asks(bench: Any, sampler: str) -> None:
    undisturbed = bench.arm_study(bench.spec(search={"sampler": sampler}))
    expected = [_play(undisturbed, number) for number in range(9)]
    (bench.root / "study/optuna.db").unlink()
    resumed = [_play(bench.arm_study(bench.spec(search={"sampler": sampler})), number) for number in range(9)]
    assert resumed == expected


def test_an_orphan_shifts_nothing(bench: Any) -> None:
    undisturbed = bench.arm_study(bench.spec())
    expected = [_play(undisturbed, number) for number in range(8)]
    (bench.root / "study/optuna.db").unlink()
    study = bench.arm_study(bench.spec())
    values = [_play(study, number) for number in range(6)]
    _plain(bench, study).ask().suggest_float("dropout", 0.0, 0.9)
    study = bench.arm_study(bench.spec())
    study.discard_orphans()
    values += [_play(study, number) for number in (6, 7)]
    assert values == expected
    orphan = _plain(bench, study).trials[6]
    assert orphan.state.name == "FAIL"
    assert orphan.user_attrs == {"reason": "interrupted before it started"}


def test_seeds_differ_between_studies_and_arms(bench: Any) -> None:
    first = bench.arm_study(bench.spec()).ask(0).hyperparameters
    assert bench.arm_study(bench.spec(name="b")).ask(0).hyperparameters == first
    assert bench.arm_study(bench.spec(name="c", seed=8)).ask(0).hyperparameters != first
    assert bench.arm_study(bench.spec(name="d", backbones=["resnet50"])).ask(0).hyperparameters != first


def test_unfinished_trials_come_back_with_their_configuration(bench: Any) -> None:
    study = bench.arm_study(bench.spec())
    asked = [study.ask(number) for number in (0, 3, 5)]
    study.finish(asked[1].arm_number, TrialState.FAILED, None, "gone")
    assert bench.arm_study(bench.spec()).unfinished() == [asked[0], asked[2]]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise KeyError('oops')", r"space space\.py:space raised KeyError for arm linear_probe/resnet18/a: 'oops'"),
        ("return {'head_depht': 1}", r"unknown hyperparameter 'head_depht' \(did you mean head_depth\?\)"),
        ("return None", r"returned a NoneType"),
        (
            "return {'freezing_depth': 0, 'batch_size': 8, 'head_learning_rate': 0.1, 'backbone_learning_rate': 0.1}",
            r"freezing_depth = 0, but linear_probe/resnet18/a allows 4$",
        ),
    ],
)
def test_a_space_that_fails_names_itself_and_leaves_a_failed_trial(bench: Any, body: str, said: str) -> None:
    bench.write(f"def space(trial, arm):\n    trial.suggest_int('head_depth', 0, 1)\n    {body}\n")
    study = bench.arm_study(bench.spec())
    with pytest.raises(InputError, match=said):
        study.ask(0)
    (trial,) = _plain(bench, study).trials
    assert trial.state.name == "FAIL"
    assert "space.py:space" in trial.user_attrs["reason"]
    assert study.asked() == []


def test_another_study_of_the_same_name_is_refused(bench: Any) -> None:
    bench.arm_study(bench.spec())
    with pytest.raises(InputError, match=r"holds another study called 'bench'"):
        bench.arm_study(bench.spec(seed=8))
    bench.arm_study(bench.spec(search={"trials": 99}))


def test_optuna_says_nothing_while_a_study_is_opened(bench: Any, capfd: pytest.CaptureFixture[str]) -> None:
    before = optuna.logging.get_verbosity()
    bench.arm_study(bench.spec()).ask(0)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == before


def test_a_database_error_is_not_blamed_on_the_space(bench: Any) -> None:
    bench.write(
        """
        import optuna

        def space(trial, arm):
            raise optuna.exceptions.StorageInternalError("disk full")
        """
    )
    with pytest.raises(optuna.exceptions.StorageInternalError):
        bench.arm_study(bench.spec()).ask(0)
    assert open_storage(None, bench.root / "study").get_all_studies()
