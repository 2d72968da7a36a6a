"""Stages that are trained from a later epoch on: what is trained when, resumed, cached, and ended early."""

import pytest
import torch
from test_text_trial import planned
from test_trial import assert_close, metrics, own_plan
from tiny_encoders import write_encoder, write_reviews

from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.hyperparameters import Hyperparameters, check_hyperparameters
from study.values.problems import InputError
from study.values.unfreezing import first_trained_stage, partial_epochs

BASE = {"head_learning_rate": 0.01, "backbone_learning_rate": 0.003, "batch_size": 60}


@pytest.mark.parametrize(
    ("methods", "depth", "stages", "num_partial"),
    [
        ({}, 1, [1, 1, 1, 1], 0),
        ({"probe_epochs": 2}, 1, [5, 5, 1, 1], 2),
        ({"unfreeze_every": 1}, 1, [5, 4, 3, 2, 1, 1], 4),
        ({"unfreeze_every": 2}, 3, [5, 5, 4, 4, 3, 3, 3], 4),
        ({"probe_epochs": 1, "unfreeze_every": 2}, 2, [5, 4, 4, 3, 3, 2, 2, 2], 5),
        ({"probe_epochs": 3, "unfreeze_every": 1}, 5, [5, 5, 5, 5], 0),
    ],
)
def test_stages_join_in_turn_from_the_last_one_on(methods, depth, stages, num_partial):
    values = Hyperparameters(freezing_depth=depth, **BASE, **methods)
    assert [first_trained_stage(values, 5, epoch) for epoch in range(1, len(stages) + 1)] == stages
    assert partial_epochs(values, 5) == num_partial


def changes(trial):
    """Train an epoch and return which stages it changed, buffers included; heads are stage "heads"."""
    before = {name: value.clone() for name, value in trial.model.state_dict().items()}
    trial.train_epoch()
    changed = {name for name, value in trial.model.state_dict().items() if not torch.equal(value, before[name])}
    return {name.split(".")[2] if name.startswith("backbone.") else "heads" for name in changed}


@pytest.mark.parametrize(
    "methods", [{}, {"sam_radius": 0.05, "weight_decay": 0.1, "l2_sp": 0.01}], ids=["alone", "more"]
)
def test_a_stage_that_rests_stays_as_it_is_with_its_statistics(tmp_path, methods):
    trial = Trial(own_plan(tmp_path, depth=0, epochs=4, values={**BASE, "unfreeze_every": 1, **methods}))
    seen = [changes(trial) for _ in range(4)]
    assert seen == [{"heads"}, {"heads", "2"}, {"heads", "1", "2"}, {"heads", "0", "1", "2"}]
    assert trial.notes["unfreezing"] == "in 3 epochs not all unfrozen stages are trained"


def test_what_a_trained_stage_shares_with_one_that_rests_rests_too(tmp_path):
    write_reviews(tmp_path / "reviews.csv")
    write_encoder(tmp_path / "deberta", "deberta-v2")
    trial = Trial(planned(tmp_path, tmp_path / "cache", kind="deberta", depth=1, values={"batch_size": 24}))
    _, *layers = trial.model.backbone.stages
    shared = layers[0].rel_embeddings.weight
    assert shared is layers[1].rel_embeddings.weight
    before = shared.detach().clone()
    for stage in (2, 1):
        trial.model.train_from(stage)
        trial.learner.train_epoch(torch.Generator().manual_seed(0))
        assert torch.equal(shared, before) == (stage == 2)


def test_probing_is_what_a_frozen_backbone_gives(tmp_path):
    probed = own_plan(tmp_path, depth=1, values={**BASE, "probe_epochs": 2})
    frozen = own_plan(tmp_path, depth=3, values=BASE)
    assert_close(metrics(probed), metrics(frozen))
    assert "of which there are no more" in Trial(probed).notes["unfreezing"]


@pytest.mark.parametrize(
    "methods", [{"probe_epochs": 1}, {"unfreeze_every": 1}, {"probe_epochs": 2, "unfreeze_every": 1}]
)
def test_a_resumed_trial_is_the_uninterrupted_one_bit_by_bit(tmp_path, methods):
    materials = Materials()
    others = {"ema_decay": 0.9, "layer_decay": 0.5, "sam_radius": 0.05}
    one = own_plan(tmp_path, epochs=4, values={**BASE, **others, **methods})
    undisturbed = [record.metrics for record in Trial(one, materials).epochs()]
    for num_before in (1, 2):
        trial = Trial(one, materials)
        epochs = trial.epochs()
        before = [next(epochs).metrics for _ in range(num_before)]
        trial.save(tmp_path / f"kept{num_before}")
        changed = {"checkpoint": str(tmp_path / f"kept{num_before}")}
        resumed = Trial(one.model_copy(update=changed), materials)
        assert before + [record.metrics for record in resumed.epochs()] == undisturbed


def test_cached_and_uncached_trials_agree(tmp_path):
    one = own_plan(tmp_path, epochs=3, values={**BASE, "unfreeze_every": 1, "optimizer": "sgd"})
    assert_close(metrics(one), metrics(one.model_copy(update={"feature_cache_gib": 0.0})))


def test_patience_begins_when_all_unfrozen_stages_are_trained(tmp_path):
    plan = own_plan(tmp_path, epochs=9, patience=2, partial_epochs=3)
    assert not plan.has_converged([0.5, 0.4, 0.3])
    assert not plan.has_converged([0.5, 0.4, 0.3, 0.2, 0.3])
    assert not plan.has_converged([0.5, 0.4, 0.3, 0.2, 0.3, 0.3])
    assert plan.has_converged([0.5, 0.4, 0.3, 0.2, 0.3, 0.3, 0.3])


def test_with_a_method_that_needs_something_shared_from_the_start_it_is_refused():
    values = {"freezing_depth": 1, **BASE, "probe_epochs": 1, "task_balancing": "famo"}
    with pytest.raises(InputError, match="task_balancing = famo goes by what tasks share, of which with probe_epochs"):
        check_hyperparameters(values, num_stages=3, tasks=("a", "b"), space="s")
