"""A shared arm trained without one of its tasks, and a trial that starts from its backbone."""

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from test_trial import OWN, own_plan

from study.parts.backbones import build_backbone
from study.parts.tasks import build_tasks
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.arm import build_arms
from study.values.plan import Purpose
from study.values.problems import InputError
from study.values.scoring import SelectionRule
from study.values.spec import StudySpec
from study.values.variant import LeftOut, Transferred

LABELS = [{"name": name, "data": "parts.py:two_labels", "target": name} for name in ("digit", "odd")]
TASKS = [*LABELS, {"name": "more", "data": "parts.py:more_digits"}]
SHARED = {"protocol": "shared_representation", "tasks": TASKS, "purpose": Purpose.ASSESSMENT}


def without(tmp_path, task, **changes):
    return own_plan(tmp_path, variant=LeftOut(task=task), **{**SHARED, **changes})


def trained(tmp_path, **changes):
    """Return the checkpoint of a backbone trained on everything but digits, as it is kept."""
    trial = Trial(without(tmp_path, "digit", **changes))
    list(trial.epochs())
    trial.use_chosen_weights()
    trial.save(tmp_path / "others")
    return tmp_path / "others"


def started_from(tmp_path, folder, **changes):
    variant = Transferred(origin="assessments/shared", trial=3)
    from_others = {"variant": variant, "backbone_checkpoint": str(folder), "purpose": Purpose.ASSESSMENT}
    return own_plan(tmp_path, **{**from_others, **changes})


def original():
    [arm] = build_arms(StudySpec.model_validate({"name": "t", "backbones": ["parts.py:small_net"], "tasks": TASKS[:1]}))
    return build_backbone(arm.backbone, root=OWN)


@pytest.mark.parametrize("validation_seed", [None, 9])
@pytest.mark.parametrize("left_out", ["digit", "odd", "more"])
def test_the_other_tasks_divide_their_data_as_in_the_whole_study(tmp_path, left_out, validation_seed):
    drawn = {"validation_seed": validation_seed}
    whole = {task.name: task.splits for task in Materials().tasks(own_plan(tmp_path, **SHARED, **drawn))}
    others = {task.name: task.splits for task in Materials().tasks(without(tmp_path, left_out, **drawn))}
    assert others.keys() == whole.keys() - {left_out}
    for name, splits in others.items():
        for split in ("train", "validation", "test"):
            np.testing.assert_array_equal(getattr(splits, split), getattr(whole[name], split))


@pytest.mark.parametrize(("left_out", "other"), [("digit", "odd"), ("odd", "digit")])
def test_no_test_image_of_the_task_left_out_is_trained_on(tmp_path, left_out, other):
    fine_tuned = own_plan(tmp_path, tasks=TASKS)
    [alone] = [arm for arm in build_arms(spec_of(TASKS)) if arm.id == f"fine_tuning/small_net/{left_out}"]
    [task] = Materials().tasks(fine_tuned.model_copy(update={"arm": alone}))
    [step] = [one for one in Materials().tasks(without(tmp_path, left_out)) if one.name == other]
    assert task.inputs is step.inputs or task.inputs.digest == step.inputs.digest
    assert not set(task.splits.test) & set(step.splits.train)
    assert not set(task.splits.test) & set(step.splits.validation)


def test_an_arm_that_did_not_know_of_the_task_left_out_would_train_on_its_test_images():
    [ignorant] = build_arms(spec_of(LABELS[1:]))
    knowing, _ = build_arms(spec_of(LABELS))
    [one], [other] = (build_tasks(arm, split_seed=2, root=OWN) for arm in (ignorant, knowing))
    assert set(other.splits.test) & set(one.splits.train), "so the tests above can fail"


def spec_of(tasks):
    return StudySpec.model_validate({"name": "t", "backbones": ["parts.py:small_net"], "tasks": tasks})


def test_the_task_left_out_has_no_head_no_metric_and_no_weight(tmp_path):
    weights = {"digit": 5.0, "odd": 1.0, "more": 3.0}
    trial = Trial(
        without(tmp_path, "digit", values={"task_weights": {n: weights[n] for n in ("odd", "more")}}, epochs=1)
    )
    assert [head[-1].out_features for head in trial.model.heads] == [2, 10]
    assert trial.learner.weights == pytest.approx((0.5, 1.5))
    [record] = trial.epochs()
    assert {name.split("/")[1] for name in record.metrics} == {"odd", "more", "all"}


def test_a_trial_starts_from_what_was_trained_and_from_the_original_where_that_was_frozen(tmp_path):
    folder = trained(tmp_path, depth=1)
    trained_state = {
        name.removeprefix("backbone."): value
        for name, value in load_file(folder / "trained.safetensors").items()
        if name.startswith("backbone.")
    }
    assert any("running_mean" in name for name in trained_state)
    started = Trial(started_from(tmp_path, folder)).model.backbone.state_dict()
    for name, value in original().state_dict().items():
        expected = trained_state.get(name, value)
        assert torch.equal(started[name], expected), name
        assert name.startswith("stages.0.") != (name in trained_state)
    [head] = Trial(started_from(tmp_path, folder)).model.heads
    [other] = Trial(own_plan(tmp_path, purpose=Purpose.ASSESSMENT)).model.heads
    assert torch.equal(head[-1].weight, other[-1].weight), "its head begins as that on the original does"


def test_under_best_epoch_it_starts_from_the_best_epochs_weights(tmp_path):
    # A rate so large that later epochs are worse than the best one.
    rates = {"head_learning_rate": 0.3, "backbone_learning_rate": 0.3, "schedule": "constant"}
    trial = Trial(without(tmp_path, "digit", epochs=3, values=rates, selection=SelectionRule.BEST_EPOCH))
    states, objectives = [], []
    for record in trial.epochs():
        states.append({name: value.clone() for name, value in trial.model.backbone.state_dict().items()})
        objectives.append(record.objective)
    assert objectives.index(max(objectives)) < 2
    trial.use_chosen_weights()
    trial.save(tmp_path / "others")
    started = Trial(started_from(tmp_path, tmp_path / "others")).model.backbone.state_dict()
    assert all(torch.equal(started[n], value) for n, value in states[objectives.index(max(objectives))].items())


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("first", ["original", "others"])
def test_features_of_other_weights_never_come_from_the_originals_entry(tmp_path, first, together):
    folder = trained(tmp_path, depth=1, cache_dir=str(tmp_path / "elsewhere"))
    plans = {"original": own_plan(tmp_path, depth=3), "others": started_from(tmp_path, folder, depth=3)}
    materials = Materials()
    trials = {}
    for name in sorted(plans, key=lambda name: name != first):
        trials[name] = Trial(plans[name], materials if together else Materials())
        assert trials[name].notes["features"].startswith("computed once and cached")
    for name, trial in trials.items():
        stream = trial.learner.streams[0]
        rows = torch.arange(40)
        store = trial.materials.store(
            trial.tasks[0].inputs, examples(trial), trial.model.backbone.preprocessing, plans[name]
        )
        with torch.inference_mode():
            direct = trial.model.eval().backbone(store.batch(rows, torch.device("cpu")))
        torch.testing.assert_close(stream.inputs.batch(rows, torch.device("cpu")), direct, atol=1e-5, rtol=1e-5)
    values = [trial.learner.streams[0].inputs.values for trial in trials.values()]
    assert not torch.allclose(*values, atol=1e-2)
    again = Trial(plans["others"], Materials())
    assert again.notes["features"] == "read from the cache", "the same weights find their own entry"


def examples(trial):
    splits = trial.tasks[0].splits
    return np.sort(np.concatenate([splits.train, splits.validation]))


def test_stages_that_stayed_as_they_were_share_their_entry(tmp_path):
    folder = trained(tmp_path, depth=1)
    assert Trial(own_plan(tmp_path, depth=1)).notes["features"] == "read from the cache"
    assert Trial(started_from(tmp_path, folder, depth=1)).notes["features"] == "read from the cache"


def test_random_weights_are_replaced_as_well(tmp_path):
    scratch = {"backbone": {"source": "parts.py:small_net", "weights": "none"}, "depth": 0}
    folder = trained(tmp_path, **scratch)
    started = Trial(started_from(tmp_path, folder, seed=77, **scratch)).model.backbone.state_dict()
    saved = load_file(folder / "trained.safetensors")
    assert all(torch.equal(value, saved[f"backbone.{name}"]) for name, value in started.items())


def test_it_goes_on_from_its_own_checkpoint_as_if_nothing_had_been(tmp_path):
    planned = started_from(tmp_path, trained(tmp_path, depth=1), depth=2, epochs=3)
    undisturbed = [epoch.metrics for epoch in Trial(planned).epochs()]
    trial = Trial(planned)
    next(trial.epochs())
    trial.save(tmp_path / "saved")
    resumed = Trial(planned.model_copy(update={"checkpoint": str(tmp_path / "saved")}))
    assert [epoch.metrics for epoch in resumed.epochs()] == undisturbed[1:]


def test_what_is_no_checkpoint_of_this_backbone_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no whole checkpoint"):
        Trial(started_from(tmp_path, tmp_path / "nothing"))
    folder = trained(tmp_path, backbone="fragile.py:small_net", depth=0)
    with pytest.raises(InputError, match="of another backbone"):
        Trial(started_from(tmp_path, folder))
