"""One configuration in, a stream of epoch records out: with no cluster, exactly, and the same each time."""

from pathlib import Path

import numpy as np
import pytest
import torch
from builders import plan

from study.learning.errors import TrainingError
from study.trial.materials import Materials
from study.trial.trial import Trial, run_trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.metric_names import OBJECTIVE, metrics_of
from study.values.precision import Precision
from study.values.problems import InputError
from study.values.spec import StudySpec
from study.values.target_kind import TargetKind

OWN = Path(__file__).parents[1] / "own"
TASKS = [
    {"name": "digit", "data": "parts.py:two_labels", "target": "digit"},
    {"name": "odd", "data": "parts.py:two_labels", "target": "odd"},
]


def own_plan(
    tmp_path, *, depth=1, epochs=2, protocol="fine_tuning", tasks=TASKS, backbone="parts.py:small_net", **changes
):
    spec = StudySpec.model_validate({"name": "t", "protocols": [protocol], "backbones": [backbone], "tasks": tasks})
    values = {"head_learning_rate": 0.01, "backbone_learning_rate": 0.003, "batch_size": 32, "dropout": 0.1}
    hyperparameters = Hyperparameters.model_validate({**values, "freezing_depth": depth, **changes.pop("values", {})})
    whole = {"root": str(OWN), "cache_dir": str(tmp_path / "cache"), "hyperparameters": hyperparameters}
    return plan(0, **{**whole, "arm": build_arms(spec)[0], "epochs": epochs, **changes})


def metrics(planned):
    return [epoch.metrics for epoch in run_trial(planned)]


def assert_close(one, other, tolerance=1e-4):
    assert len(one) == len(other)
    for first, second in zip(one, other, strict=True):
        assert first.keys() == second.keys()
        for name, value in first.items():
            assert value == pytest.approx(second[name], abs=tolerance), name


def test_an_epoch_has_every_metric_of_every_task_and_split(tmp_path):
    [record] = run_trial(own_plan(tmp_path, epochs=1, protocol="shared_representation"))
    expected = {
        f"{split}/{task}/{name}"
        for split in ("train", "validation", "gap")
        for task in ("digit", "odd")
        for name in metrics_of(TargetKind.CLASSIFICATION)
    }
    assert record.metrics.keys() == expected | {OBJECTIVE}
    chosen = [record.metrics[f"validation/{task}/balanced_accuracy"] for task in ("digit", "odd")]
    assert record.objective == pytest.approx(sum(chosen) / 2)


@pytest.mark.parametrize("protocol", ["fine_tuning", "shared_representation"])
@pytest.mark.parametrize("depth", [1, 2, 3])
def test_cached_and_uncached_trials_agree(tmp_path, protocol, depth):
    cached = own_plan(tmp_path, depth=depth, protocol=protocol)
    computed = cached.model_copy(update={"feature_cache_gib": 0.0})
    first = list(run_trial(cached))
    again = list(run_trial(cached))
    assert first[0].notes["features"] == "computed once and cached"
    assert again[0].notes["features"] == "read from the cache"
    assert_close([e.metrics for e in first], metrics(computed))
    assert_close([e.metrics for e in first], [e.metrics for e in again], tolerance=0)


def test_an_entry_larger_than_allowed_is_not_cached(tmp_path):
    [record] = run_trial(own_plan(tmp_path, epochs=1, feature_cache_gib=1e-6))
    assert "larger than feature_cache_gib" in record.notes["features"]
    assert not (tmp_path / "cache" / "features").exists()


def test_the_same_plan_gives_the_same_metrics_and_another_seed_others(tmp_path):
    one = own_plan(tmp_path, depth=0)
    assert metrics(one) == metrics(one)
    assert metrics(one) != metrics(one.model_copy(update={"seed": 99}))


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_a_trial_resumed_from_a_checkpoint_goes_on_as_if_nothing_had_been(tmp_path, optimizer):
    values = {"optimizer": optimizer, "warmup_fraction": 0.3, "weight_decay": 0.01}
    planned = own_plan(tmp_path, epochs=4, values=values)
    undisturbed = metrics(planned)
    trial = Trial(planned)
    epochs = trial.epochs()
    before = [next(epochs).metrics for _ in range(2)]
    trial.save(tmp_path / "checkpoint")
    after = metrics(planned.model_copy(update={"checkpoint": str(tmp_path / "checkpoint")}))
    assert before + after == undisturbed


def test_frozen_stages_come_out_as_they_went_in(tmp_path):
    trial = Trial(own_plan(tmp_path, depth=2))
    before = {name: value.clone() for name, value in trial.model.state_dict().items()}
    for _ in trial.epochs():
        pass
    changed = {name for name, value in trial.model.state_dict().items() if not torch.equal(value, before[name])}
    assert changed
    assert not any(name.startswith(("backbone.stages.0.", "backbone.stages.1.")) for name in changed)
    assert any(name.startswith("backbone.stages.2.") for name in changed)
    assert any(name.startswith("heads.") for name in changed)


def test_learning_gets_somewhere(tmp_path):
    last = metrics(own_plan(tmp_path, depth=0, epochs=6))[-1]
    assert last["validation/digit/balanced_accuracy"] > 0.5, "chance is 0.1"


def test_a_task_without_weight_is_not_learned(tmp_path):
    values = {"task_weights": {"digit": 1.0, "odd": 0.0}, "freezing_depth": 3}
    trial = Trial(own_plan(tmp_path, protocol="shared_representation", values=values))
    before = [parameter.clone() for parameter in trial.model.heads[1].parameters()]
    for _ in trial.epochs():
        pass
    assert all(torch.equal(a, b) for a, b in zip(before, trial.model.heads[1].parameters(), strict=True))


def test_tasks_with_data_of_their_own_take_turns(tmp_path):
    tasks = [TASKS[0], {"name": "all_digits", "data": "digits", "limit": 300}]
    trial = Trial(own_plan(tmp_path, protocol="shared_representation", tasks=tasks))
    assert [stream.tasks for stream in trial.learner.streams] == [(0,), (1,)]
    last = [epoch.metrics for epoch in trial.epochs()][-1]
    assert {name.split("/")[1] for name in last} == {"digit", "all_digits", "all"}
    turns = [
        stream.tasks[0]
        for stream, _ in __import__("study.learning.loop", fromlist=["alternate"]).alternate(
            trial.learner.streams, 32, torch.Generator().manual_seed(0)
        )
    ]
    assert turns[:4] == [0, 1, 0, 1]
    assert turns.count(0) == turns.count(1) == 360 // 32


def test_a_diverging_loss_is_named(tmp_path):
    planned = own_plan(tmp_path, values={"optimizer": "sgd", "head_learning_rate": 1e30})
    with pytest.raises(TrainingError, match=r"not finite at step \d+: \{'digit'"):
        list(run_trial(planned))


def test_a_batch_larger_than_the_split_is_refused(tmp_path):
    with pytest.raises(InputError, match="batch_size = 400, but the training split of digit has 360 examples"):
        Trial(own_plan(tmp_path, values={"batch_size": 400}))


def test_a_gpu_that_is_not_there_is_refused(tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(InputError, match="torch sees no GPU"):
        Trial(own_plan(tmp_path, num_gpus=0.5))


def test_an_unreadable_image_fails_the_trial_with_its_path(tmp_path):
    from PIL import Image

    rng = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(20):
            pixels = rng.integers(0, 255, (8, 8, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    broken = tmp_path / "photos" / "dog" / "7.png"
    broken.write_bytes(broken.read_bytes()[:60])
    tasks = [{"name": "pet", "data": f"folder:{tmp_path / 'photos'}"}]
    with pytest.raises(InputError, match=r"7\.png"):
        Trial(own_plan(tmp_path, tasks=tasks, values={"batch_size": 8}))
    assert not list((tmp_path / "cache").rglob("*.npy")), "no half-filled entry is left"


def test_trials_of_one_process_do_not_disturb_each_other(tmp_path):
    materials = Materials()
    planned = own_plan(tmp_path, depth=1)
    alone = metrics(planned)
    for depth in (0, 2):
        for _ in Trial(own_plan(tmp_path, depth=depth), materials).epochs():
            pass
    assert [epoch.metrics for epoch in Trial(planned, materials).epochs()] == alone


def test_random_weights_follow_the_trials_seed(tmp_path):
    scratch = own_plan(tmp_path, depth=0, backbone={"source": "parts.py:small_net", "weights": "none"})
    one, same, other = (Trial(p).model.state_dict() for p in (scratch, scratch, scratch.model_copy(update={"seed": 9})))
    name = "backbone.stages.0.0.weight"
    assert torch.equal(one[name], same[name])
    assert not torch.equal(one[name], other[name])


def test_a_trial_that_gets_no_better_is_over_also_when_it_goes_on_from_a_checkpoint(tmp_path):
    # With a rate so small no prediction changes, hence no epoch is better than the first.
    still = {"head_learning_rate": 1e-12, "backbone_learning_rate": 1e-12, "dropout": 0.0}
    patient = own_plan(tmp_path, epochs=9, patience=3, values=still)
    trial = Trial(patient)
    epochs = trial.epochs()
    next(epochs), next(epochs)
    trial.save(tmp_path / "checkpoint")
    assert [record.epoch for record in epochs] == [3, 4]
    assert trial.is_over
    resumed = patient.model_copy(update={"checkpoint": str(tmp_path / "checkpoint")})
    assert [record.epoch for record in run_trial(resumed)] == [3, 4]
    assert len(metrics(patient.model_copy(update={"patience": None}))) == 9


def test_mixed_precision_is_about_as_good_and_keeps_weights_and_frozen_stages_exact(tmp_path):
    exact = own_plan(tmp_path, depth=1, epochs=3)
    mixed = exact.model_copy(update={"precision": Precision.BFLOAT16})
    whole, half = metrics(exact), metrics(mixed)
    assert whole != half
    assert half[-1]["validation/digit/loss"] == pytest.approx(whole[-1]["validation/digit/loss"], abs=0.05)
    assert_close(half, metrics(mixed.model_copy(update={"feature_cache_gib": 0.0})))
    trial = Trial(mixed)
    trial.train_epoch()
    assert {parameter.dtype for parameter in trial.model.parameters()} == {torch.float32}


def test_heads_on_a_frozen_backbone_do_not_depend_on_the_precision(tmp_path):
    exact = own_plan(tmp_path, depth=3)
    assert metrics(exact.model_copy(update={"precision": Precision.BFLOAT16})) == metrics(exact)
