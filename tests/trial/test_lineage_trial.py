"""A training whose configuration changes between epochs: in one process, by trials that go on from others, assessed."""

import pytest
import torch
from test_trial import assert_close, own_plan

from study.learning.manifest import DamagedCheckpointError
from study.learning.optimisation import build_optimizer, learning_rate_factor
from study.parts.dropout import Dropout
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.hyperparameters import Hyperparameters
from study.values.lineage import MAY_CHANGE, Segment, may_follow
from study.values.plan import Purpose

FIRST = {"head_learning_rate": 0.02, "backbone_learning_rate": 0.004, "dropout": 0.3, "batch_size": 60}
THEN = {"head_learning_rate": 0.004, "backbone_learning_rate": 0.001, "dropout": 0.1, "label_smoothing": 0.1}
ALL = {
    "layer_decay": 0.5,
    "weight_decay": 0.1,
    "gradient_clip": 1.0,
    "sam_radius": 0.05,
    "l2_sp": 0.01,
    "mixup_alpha": 0.4,
    "ema_decay": 0.9,
}
OTHERS = {"layer_decay": 0.7, "gradient_clip": 0.5, "sam_radius": 0.02, "l2_sp": 0.1, "mixup_alpha": 0.2}
TWO = {"task_weights": {"digit": 1.0, "odd": 0.5}}
CASES = {
    "fine-tuned": ("fine_tuning", {}, {}),
    "sgd, of all kinds of change": ("fine_tuning", {**ALL, "optimizer": "sgd"}, {**OTHERS, "momentum": 0.5}),
    "shared, balanced": (
        "shared_representation",
        {**TWO, "task_balancing": "uncertainty"},
        {"task_weights": {"digit": 0.1, "odd": 2.0}},
    ),
    "shared, balanced, with momentum": (
        "shared_representation",
        {**TWO, "task_balancing": "uncertainty", "optimizer": "sgd", "momentum": 0.9},
        {"momentum": 0.5},
    ),
}


def lineage(tmp_path, *, protocol="fine_tuning", first=None, then=None, depth=1):
    """Return the plan of a trial, and of one that goes on from it after two of four epochs."""
    before = {**FIRST, **(first or {})}
    one = own_plan(tmp_path, protocol=protocol, depth=depth, values=before, epochs=2, course_epochs=4)
    after = Hyperparameters.model_validate({**one.hyperparameters.model_dump(), **THEN, **(then or {})})
    assert may_follow(after, one.hyperparameters)
    segment = Segment(trial=0, hyperparameters=one.hyperparameters, until_epoch=2)
    return one, one.model_copy(update={"number": 1, "hyperparameters": after, "lineage": (segment,), "epochs": 4})


def trained(plan, materials=None):
    trial = Trial(plan, materials)
    return [record.metrics for record in trial.epochs()], trial


@pytest.mark.parametrize("case", list(CASES))
def test_a_trial_that_goes_on_from_another_is_one_training_bit_by_bit(tmp_path, case):
    protocol, first, then = CASES[case]
    materials = Materials()
    one, other = lineage(tmp_path, protocol=protocol, first=first, then=then)
    in_one, whole = trained(other, materials)
    before, trial = trained(one, materials)
    trial.save(tmp_path / "kept")
    behind, heir = trained(other.model_copy(update={"checkpoint": str(tmp_path / "kept")}), materials)
    assert before + behind == in_one
    assert len(behind) == 2
    for name, value in whole.model.state_dict().items():
        assert torch.equal(value, heir.model.state_dict()[name]), name


def test_a_resumed_heir_is_the_uninterrupted_one(tmp_path):
    materials = Materials()
    _, other = lineage(tmp_path, first=ALL, then=OTHERS)
    in_one, _ = trained(other, materials)
    for num_before in (1, 3):
        trial = Trial(other, materials)
        epochs = trial.epochs()
        for _ in range(num_before):
            next(epochs)
        trial.save(tmp_path / f"kept{num_before}")
        resumed, _ = trained(other.model_copy(update={"checkpoint": str(tmp_path / f"kept{num_before}")}), materials)
        assert resumed == in_one[num_before:]


def test_what_changes_is_as_if_it_had_been_so_from_the_start(tmp_path):
    _, other = lineage(tmp_path, first=ALL, then=OTHERS)
    trial = Trial(other)
    for _ in range(3):
        trial.train_epoch()
    learner, values = trial.learner, other.hyperparameters
    steps = learner.schedule.last_epoch
    factor = learning_rate_factor(values, steps // 3 * 4)(steps)
    assert 0 < factor < 0.5  # the course is that of all four epochs
    for group, wanted in zip(
        learner.optimizer.param_groups, build_optimizer(trial.model, values).param_groups, strict=True
    ):
        assert group["lr"] == pytest.approx(wanted["lr"] * factor)
        assert group["weight_decay"] == wanted["weight_decay"]
    assert [m.share for m in trial.model.heads.modules() if isinstance(m, Dropout)] == [values.dropout]
    assert learner.methods.gradient_clip == 0.5
    assert learner.methods.ema_decay == 0.9


def test_nothing_is_learned_with_learning_rates_of_nothing(tmp_path):
    still = {"head_learning_rate": 1e-30, "backbone_learning_rate": 1e-30}
    _, other = lineage(tmp_path, then=still, depth=2)
    trial = Trial(other)
    epochs = trial.epochs()
    first, second, third = (next(epochs), next(epochs), next(epochs))
    assert first.metrics != second.metrics
    assert second.objective == third.objective


def test_cached_and_uncached_trials_agree(tmp_path):
    _, other = lineage(tmp_path, first={"optimizer": "sgd"})
    assert_close(trained(other)[0], trained(other.model_copy(update={"feature_cache_gib": 0.0}))[0])


def test_an_assessment_goes_through_all_configurations_from_the_first_epoch_on(tmp_path):
    _, other = lineage(tmp_path)
    searched, _ = trained(other)
    assessment = other.model_copy(update={"purpose": Purpose.ASSESSMENT})
    assert (other.epochs_before, assessment.epochs_before) == (2, 0)
    assert trained(assessment)[0] == searched


def test_it_goes_on_from_its_parent_alone(tmp_path):
    one, other = lineage(tmp_path)
    stranger = Trial(one.model_copy(update={"number": 7}))
    stranger.train_epoch()
    stranger.save(tmp_path / "kept")
    with pytest.raises(DamagedCheckpointError, match=r"it is of trials/.*/00007"):
        Trial(other.model_copy(update={"checkpoint": str(tmp_path / "kept")}))


def test_what_changes_a_model_or_its_batches_or_switches_a_method_may_not_change():
    base = Hyperparameters.model_validate({**FIRST, **ALL, **TWO, "freezing_depth": 1, "cutmix_alpha": 1.0})

    def follows(**changes):
        return may_follow(base.model_copy(update=changes), base)

    assert follows(**{name: 0.25 for name in MAY_CHANGE if name != "task_weights"}, task_weights={"digit": 0, "odd": 1})
    refused = [
        {"freezing_depth": 2},
        {"batch_size": 30},
        {"head_width": 16},
        {"ema_decay": 0.5},
        {"warmup_fraction": 0.5},
        {"l2_sp": None},
        {"cutmix_alpha": None, "mixup_alpha": None},
        {"task_weights": {"digit": 1.0}},
    ]
    assert not any(follows(**changes) for changes in refused)
    assert not may_follow(base, base.model_copy(update={"gradient_clip": None}))
