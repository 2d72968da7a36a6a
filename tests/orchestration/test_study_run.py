"""A whole study on real Ray, Optuna and TensorBoard: what it leaves behind, and that nothing is run twice."""

import math
from collections import Counter
from pathlib import Path

import optuna
import pytest
import torch
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import study
from study.orchestration.leaderboard_text import leaderboard_markdown
from study.orchestration.study import Study
from study.values.importing import resolve
from study.values.metric_names import metrics_of
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.states import TrialState
from study.values.target_kind import TargetKind

CLASSIFIED = metrics_of(TargetKind.CLASSIFICATION)

pytestmark = pytest.mark.ray

OWN = Path(__file__).parents[1] / "own"


def own_spec(**changes):
    values = {
        "name": "own",
        "protocols": ["fine_tuning", "shared_representation"],
        "backbones": ["parts.py:small_net"],
        "tasks": [
            {"name": "digit", "data": "parts.py:two_labels", "target": "digit"},
            {"name": "odd", "data": "parts.py:two_labels", "target": "odd", "metric": "accuracy"},
        ],
        "search": {
            "trials": 4,
            "startup_trials": 2,
            "space": "parts.py:narrow",
            "outer": 0.2,
            "scheduler": {"kind": "asha", "grace_epochs": 1, "reduction_factor": 2},
        },
        "budget": {"epochs": 4},
        "assessment": {"seeds": 2},
    }
    return study.StudySpec.model_validate({**values, **changes})


def records(ran: Study, purpose: Purpose | None = None) -> list[TrialRecord]:
    return ran._records().read_all(purpose)


@pytest.fixture(scope="module")
def ran(tmp_path_factory, local_ray):
    folder = tmp_path_factory.mktemp("study")
    spec = own_spec(resources={"cache_dir": str(folder / "cache")})
    one = Study(spec, folder / "run", root=OWN)
    one.run(quiet=True)
    return one


def test_every_arm_gets_the_same_number_of_trials(ran):
    counts = Counter(record.plan.arm.id for record in records(ran, Purpose.SEARCH))
    assert counts == {arm.id: 4 for arm in ran.arms}
    assert sorted(record.plan.number for record in records(ran, Purpose.SEARCH)) == list(range(12))


def test_a_trial_is_complete_only_after_all_its_epochs(ran):
    states = Counter()
    for record in records(ran, Purpose.SEARCH):
        states[record.state] += 1
        assert [epoch.epoch for epoch in record.epochs] == list(range(1, len(record.epochs) + 1))
        assert (record.state is TrialState.COMPLETE) == (len(record.epochs) == 4)
    assert states[TrialState.PRUNED] > 0
    assert states[TrialState.COMPLETE] > 0
    assert states[TrialState.RUNNING] == states[TrialState.FAILED] == 0


def test_optuna_is_told_what_the_records_say(ran):
    expected = {"complete": "COMPLETE", "pruned": "PRUNED", "failed": "FAIL"}
    for arm in ran.arms:
        told = optuna.load_study(study_name=f"own/{arm.id}", storage=f"sqlite:///{ran.directory / 'optuna.db'}")
        by_number = {trial.number: trial for trial in told.trials}
        mine = [record for record in records(ran, Purpose.SEARCH) if record.plan.arm.id == arm.id]
        assert len(mine) == len(by_number) == 4
        for record in mine:
            trial = by_number[record.plan.arm_number]
            assert trial.state.name == expected[record.state.value]
            assert trial.intermediate_values == pytest.approx({e.epoch: e.objective for e in record.epochs})


def test_a_trial_stopped_early_is_never_best(ran):
    for arm in ran.arms:
        assert ran.best(arm.id).state is TrialState.COMPLETE


def test_the_leaderboard_has_every_task_of_every_arm_with_intervals(ran):
    table = ran.leaderboard()
    assert sorted(zip(table["arm"], table["task"], strict=True)) == sorted(
        (arm.id, task) for arm in ran.arms for task in arm.task_names
    )
    assert (table["seeds"] == 2).all()
    assert ((table["test_low"] <= table["test"]) & (table["test"] <= table["test_high"])).all()
    for _, rows in table.groupby("task"):
        assert rows["test"].is_monotonic_decreasing
        assert rows["rank"].tolist() == [1, 2]
    assert (table.loc[table["task"] == "digit", "test"] > 0.3).all(), "chance is 0.1"


def test_assessments_retrain_what_was_selected_with_fresh_seeds(ran):
    for arm in ran.arms:
        best = ran.best(arm.id)
        mine = [record for record in records(ran, Purpose.ASSESSMENT) if record.plan.arm.id == arm.id]
        assert [record.plan.repeat for record in mine] == [0, 1]
        assert len({best.plan.seed, *(record.plan.seed for record in mine)}) == 3
        for record in mine:
            assert record.plan.hyperparameters == best.plan.hyperparameters
            assert len(record.epochs) == 4, "an assessment is never stopped early"


def test_test_metrics_are_in_assessments_alone(ran):
    for record in records(ran):
        names = {name for epoch in record.epochs for name in epoch.metrics}
        assert not any(name.startswith("test/") for name in names)
        assert bool(record.test) == (record.plan.purpose is Purpose.ASSESSMENT)
    for arm in ran.arms:
        told = optuna.load_study(study_name=f"own/{arm.id}", storage=f"sqlite:///{ran.directory / 'optuna.db'}")
        assert "test/" not in str([trial.user_attrs for trial in told.trials])


def test_every_complete_trial_and_no_other_is_scored_on_what_is_set_aside_and_optuna_does_not_hear_of_it(ran):
    for record in records(ran):
        is_scored = record.plan.purpose is Purpose.SEARCH and record.state is TrialState.COMPLETE
        assert bool(record.outer) == is_scored
        assert set(record.outer) <= {
            f"outer/{task}/{name}" for task in record.plan.arm.task_names for name in CLASSIFIED
        }
        assert not any("outer" in name for epoch in record.epochs for name in epoch.metrics)
    for arm in ran.arms:
        told = optuna.load_study(study_name=f"own/{arm.id}", storage=f"sqlite:///{ran.directory / 'optuna.db'}")
        assert "outer" not in str([(trial.user_attrs, trial.system_attrs) for trial in told.trials])
    complete = Counter(r.plan.arm.id for r in records(ran, Purpose.SEARCH) if r.state is TrialState.COMPLETE)
    agreement = ran.findings().outer.agreement
    assert dict(zip(agreement["arm"], agreement["trials"], strict=True)) == complete


def test_gaps_are_train_minus_validation(ran):
    metrics = records(ran)[0].epochs[-1].metrics
    name = records(ran)[0].plan.arm.task_names[0]
    expected = metrics[f"train/{name}/accuracy"] - metrics[f"validation/{name}/accuracy"]
    assert metrics[f"gap/{name}/accuracy"] == pytest.approx(expected)


def test_tensorboard_shows_the_study_as_a_whole(ran):
    events = EventAccumulator(str(ran.directory / "summary"))
    events.Reload()
    for arm in ran.arms:
        points = events.Scalars(f"best_so_far/{arm.id}")
        values = [point.value for point in points]
        assert values == sorted(values)
        assert values[-1] == pytest.approx(ran.best(arm.id).objective)
        ended = {record.ended_at for record in records(ran, Purpose.SEARCH) if record.plan.arm.id == arm.id}
        assert {point.wall_time for point in points} <= ended
    text = events.Tensors("leaderboard")[-1].tensor_proto.string_val[0].decode()
    assert text == leaderboard_markdown(ran.leaderboard())


def test_tensorboard_shows_each_trial_under_its_arm(ran):
    for record in records(ran):
        events = EventAccumulator(str(ran.directory / record.plan.folder))
        events.Reload()
        tags = events.Tags()["scalars"]
        assert not any(tag.startswith("ray/") for tag in tags)
        for task in record.plan.arm.task_names:
            curve = [(event.step, event.value) for event in events.Scalars(f"validation/{task}/accuracy")]
            told = [(epoch.epoch, epoch.metrics[f"validation/{task}/accuracy"]) for epoch in record.epochs]
            assert curve == [(step, pytest.approx(value)) for step, value in told]


def test_running_again_runs_nothing(ran):
    before = {record.plan.folder: record for record in records(ran)}
    Study(ran.spec, ran.directory, root=OWN).run(quiet=True)
    assert {record.plan.folder: record for record in records(ran)} == before


def test_a_replayed_trial_comes_out_the_same(ran):
    again = ran.replay(ran.best(ran.arms[-1].id).plan.number)
    assert again.same, again.differences
    assert again.epochs == 4


def test_an_exported_model_predicts_as_it_was_assessed(ran, tmp_path):
    arm = ran.arms[-1]
    folder = ran.export(arm.id, tmp_path / "model")
    model = study.load_model(folder, backbone=resolve("parts.py:small_net", root=OWN))
    data, labels = __import__("runpy").run_path(str(OWN / "parts.py"))["two_labels"]()
    plan = ran.best(arm.id).plan
    from study.parts.tasks import build_tasks

    test = build_tasks(plan.arm, split_seed=plan.split_seed, root=OWN)[0].splits.test
    predicted = model.predict([data[i] for i in test])
    assert set(predicted) == {"digit", "odd"}
    accuracy = sum(
        int(label) == truth for label, truth in zip(predicted["digit"].labels, labels["digit"][test], strict=True)
    ) / len(test)
    assert accuracy == pytest.approx(model.config.test["test/digit/accuracy"], abs=1e-6)
    assert torch.allclose(predicted["odd"].probabilities.sum(dim=1), torch.ones(len(test)))
    card = (folder / "README.md").read_text()
    assert f"# {arm.id}" in card
    assert f"| digit | accuracy | {model.config.validation['validation/digit/accuracy']:.4g} | {accuracy:.4g} |" in card
    with pytest.raises(study.InputError, match="exists already"):
        ran.export(arm.id, tmp_path / "model")


def test_status_says_done(ran):
    status = ran.status()
    assert (status.phase, status.running, status.failures) == ("done", False, {})
    for arm in status.arms:
        assert arm.complete + arm.pruned == 4
        assert (arm.running, arm.remaining, arm.assessed) == (0, 0, 2)
        assert arm.best == ran.best(arm.arm).objective


def test_trials_are_one_table(ran):
    table = ran.trials()
    assert table["trial"].tolist() == list(range(12))
    assert table["freezing_depth"].between(0, 3).all()
    frozen = table["freezing_depth"] == 3
    assert table.loc[frozen, "backbone_learning_rate"].isna().all()
    assert table.loc[~frozen, "backbone_learning_rate"].notna().all()


def test_no_checkpoint_of_a_finished_search_is_left(ran):
    assert not (ran.directory / "checkpoints").exists()
    assert len(list(ran.directory.glob("assessments/**/trained.safetensors"))) == 2 * len(ran.arms)


def test_unknown_arms_and_trials_are_refused(ran):
    with pytest.raises(study.InputError, match="did you mean fine_tuning/small_net/digit"):
        ran.best("fine_tuning/small_net/digits")
    with pytest.raises(study.InputError, match=r"no trial 99 .*trials: 0\.\.11"):
        ran.replay(99)


def test_another_study_does_not_fit_into_the_directory(ran):
    other = own_spec(seed=5, budget={"epochs": 9}, search={**own_spec().search.model_dump(), "outer": 0.3})
    with pytest.raises(study.InputError) as caught:
        Study(other, ran.directory, root=OWN)
    text = str(caught.value)
    assert "holds another study" in text
    assert "seed: 5, but the study in" in text
    assert "budget.epochs: 9" in text
    assert "search.outer: 0.3" in text


def test_a_running_study_is_refused_to_others(ran):
    with ran._directory.locked(), pytest.raises(study.InputError, match="another process runs this study"):
        Study(ran.spec, ran.directory, root=OWN).run(quiet=True)


def test_more_trials_are_added_to_what_is_there(tmp_path, local_ray):
    spec = own_spec(protocols=["fine_tuning"], search={**own_spec().search.model_dump(), "trials": 2})
    spec = spec.model_copy(update={"tasks": spec.tasks[:1]})
    one = Study(spec, tmp_path / "run", root=OWN)
    one.run(quiet=True)
    before = records(one, Purpose.SEARCH)
    again = Study.open(tmp_path / "run")
    again.resume(extra_trials=2, quiet=True)
    after = records(again, Purpose.SEARCH)
    assert len(after) == 4
    assert after[:2] == before
    assert Study.open(tmp_path / "run").spec.search.trials == 4
    best = again.best(again.arms[0].id)
    assert again.leaderboard().loc[0, "trial"] == best.plan.number
    assert again.leaderboard().loc[0, "seeds"] == 2


def test_a_trial_that_diverges_fails_alone_with_its_reason(tmp_path, local_ray):
    search = {**own_spec().search.model_dump(), "space": "parts.py:sometimes_diverges", "scheduler": {"kind": "none"}}
    spec = own_spec(protocols=["fine_tuning"], search=search, assessment={"seeds": 1})
    one = Study(spec, tmp_path / "run", root=OWN)
    one.run(quiet=True)
    for arm in one.arms:
        mine = [record for record in records(one, Purpose.SEARCH) if record.plan.arm.id == arm.id]
        assert [record.state for record in mine] == [TrialState.COMPLETE, TrialState.FAILED] * 2
        for record in mine[1::2]:
            assert "not finite" in record.reason
            assert math.isfinite(one.best(arm.id).objective)
    assert sum(one.status().failures.values()) == 4


def test_one_worker_and_one_seed_give_the_same_study(tmp_path, local_ray):
    resources = {"max_concurrent_trials": 1}
    spec = own_spec(resources=resources, protocols=["shared_representation"], assessment={"seeds": 1})
    runs = []
    for name in ("one", "two"):
        one = Study(spec, tmp_path / name, root=OWN)
        one.run(quiet=True)
        runs.append(
            [
                (record.plan.folder, record.state, record.plan.hyperparameters, [e.metrics for e in record.epochs])
                for record in records(one)
            ]
        )
    assert runs[0] == runs[1]


def test_every_trial_has_a_log_of_all_its_epochs(ran):
    for record in records(ran):
        log = (ran.directory / record.plan.folder / "log.txt").read_text()
        assert log.count("begins: 4 epochs") == 1
        assert log.count(" epoch ") == len(record.epochs)
        assert f" {record.state.value} after {len(record.epochs)} epochs" in log


def test_an_epoch_says_what_it_went_through_and_how_it_came_by_its_features(ran):
    by_hits = Counter()
    for record in records(ran):
        for epoch in record.epochs:
            assert epoch.num_samples % record.plan.hyperparameters.batch_size == 0
            assert 0 < epoch.num_samples < 600
            cached = record.plan.hyperparameters.freezing_depth > 0
            assert epoch.features.hits + epoch.features.misses == cached
            assert (epoch.features.hit_bytes > 0) == (epoch.features.hits > 0)
            assert (epoch.features.miss_bytes > 0) == (epoch.features.misses > 0)
            by_hits[epoch.features.hits] += 1
    assert by_hits[1] > 0, "trials that cut at the same depth share their features"


@pytest.mark.slow
def test_when_the_time_is_up_the_search_stops_and_what_there_is_is_assessed(tmp_path, local_ray):
    spec = own_spec(
        protocols=["fine_tuning"],
        search={"trials": 400, "space": "parts.py:narrow", "scheduler": {"kind": "none"}, "sampler": "random"},
        budget={"epochs": 4, "wall_clock_s": 25},
        resources={"trials_per_pack": 1, "cache_dir": str(tmp_path / "cache")},
        assessment={"seeds": 1},
    )
    one = Study(spec, tmp_path / "run", root=OWN)
    one.run(quiet=True)
    states = Counter(record.state for record in records(one, Purpose.SEARCH))
    assert states[TrialState.COMPLETE] > 0
    assert sum(states.values()) < 800, "both arms' trials would take longer"
    assert set(states) <= {TrialState.COMPLETE, TrialState.RUNNING}, "what was let go of can be resumed"
    assert {record.state for record in records(one, Purpose.ASSESSMENT)} == {TrialState.COMPLETE}
