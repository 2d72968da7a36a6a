"""Trials on a model of Keras, on real digits: cached as uncached, in packs as alone, resumed, exported and loaded."""

from pathlib import Path

import pytest
import torch
from builders import START, plan
from test_trial import assert_close, metrics
from tiny_keras import residual, saved

from study.learning.feature_cache import FeatureCache
from study.learning.synchronized_batch_norm import SynchronizedBatchNorm, synchronize_batch_norm
from study.orchestration.export import export
from study.orchestration.exported import load_model
from study.trial.materials import Materials
from study.trial.pack import TrialPack
from study.trial.trial import Trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.plan import Purpose
from study.values.precision import Precision
from study.values.records import TrialRecord
from study.values.spec import StudySpec
from study.values.states import TrialState

OWN = Path(__file__).parents[1] / "own"
ALL_FROZEN = 4


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return saved(residual(dropout=0.2), tmp_path_factory.mktemp("keras") / "model.keras")


def planned(model, cache, *, depth, weights="default", values=None, **changes):
    backbone = {"source": f"keras:{model}", "name": "tiny", "weights": weights}
    tasks = [{"name": "digit", "data": "parts.py:two_labels", "target": "digit", "limit": 200}]
    given = {"head_learning_rate": 0.01, "backbone_learning_rate": 1e-3, "batch_size": 16, "dropout": 0.1}
    hyperparameters = Hyperparameters.model_validate({**given, "freezing_depth": depth, **(values or {})})
    arm = build_arms(StudySpec.model_validate({"name": "t", "backbones": [backbone], "tasks": tasks}))[0]
    fixed = {"root": str(OWN), "cache_dir": str(cache), "epochs": 2}
    return plan(arm=arm, hyperparameters=hyperparameters, **{**fixed, **changes})


@pytest.mark.parametrize("depth", [1, 3, ALL_FROZEN])
def test_cached_and_uncached_trials_agree(depth, model, tmp_path):
    materials = Materials()
    one = planned(model, tmp_path, depth=depth, values={"optimizer": "sgd"})
    cached = Trial(one, materials)
    assert isinstance(cached.learner.streams[0].inputs, FeatureCache)
    uncached = Trial(one.model_copy(update={"feature_cache_gib": 0.0}), materials)
    assert_close(*([epoch.metrics for epoch in trial.epochs()] for trial in (cached, uncached)))


def test_adapters_stand_behind_stages_with_several_layers_and_alone_learn(model, tmp_path):
    trial = Trial(planned(model, tmp_path, depth=1, values={"adapter_width": 4}))
    before = {name: value.clone() for name, value in trial.model.backbone.named_parameters()}
    [*_, record] = trial.epochs()
    after = dict(trial.model.backbone.named_parameters())
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    assert changed == {name for name in after if ".adapters_behind.0." in name}
    assert record.notes["adapters"] == f"of width 4 behind {len(changed) // 6} blocks"


@pytest.mark.parametrize("weights", ["default", "none"])
def test_it_goes_on_from_a_checkpoint_bit_by_bit_as_if_nothing_had_been(weights, model, tmp_path):
    whole = planned(model, tmp_path, depth=1, weights=weights, epochs=3)
    undisturbed = metrics(whole)
    assert undisturbed == metrics(whole)
    trial = Trial(whole)
    epochs = trial.epochs()
    next(epochs)
    trial.save(tmp_path / "saved")
    assert metrics(whole.model_copy(update={"checkpoint": str(tmp_path / "saved")})) == undisturbed[1:]


def test_a_pack_gives_what_each_of_its_trials_gives_alone(model, tmp_path):
    materials = Materials()
    shapes = [{"head_depth": depth, "head_learning_rate": rate} for depth, rate in ((0, 0.01), (1, 0.03), (0, 0.03))]
    plans = [planned(model, tmp_path, depth=ALL_FROZEN, values=values) for values in shapes]
    packed = [[] for _ in plans]
    for outcomes in TrialPack(plans, materials).epochs():
        for number, outcome in outcomes.items():
            packed[number].append(outcome.metrics)
    for one, of_plan in zip(packed, plans, strict=True):
        assert_close(one, metrics(of_plan))


def test_what_is_trained_may_compute_in_half_precision(model, tmp_path):
    exact = planned(model, tmp_path, depth=1, epochs=1)
    [half], [whole] = (metrics(exact.model_copy(update={"precision": precision})) for precision in Precision)
    assert half["validation/digit/loss"] == pytest.approx(whole["validation/digit/loss"], rel=0.1)
    assert half != whole


def test_it_learns_what_digits_are_from_random_weights(tmp_path):
    model = saved(residual(), tmp_path / "model.keras")
    values = {"head_learning_rate": 0.05, "backbone_learning_rate": 0.02, "dropout": 0.0}
    epochs = metrics(planned(model, tmp_path, depth=0, weights="none", epochs=12, values=values))
    assert epochs[-1]["validation/digit/balanced_accuracy"] > 0.4, "of ten digits"


def test_its_batch_normalisation_is_that_of_all_workers(model, tmp_path):
    alone, shared = (Trial(planned(model, tmp_path, depth=0)).learner.model.train() for _ in range(2))
    images = torch.rand(8, 3, 12, 12, generator=torch.Generator().manual_seed(0)) * 255
    torch.distributed.init_process_group("gloo", init_method=f"file://{tmp_path}/meet", rank=0, world_size=1)
    try:
        synchronize_batch_norm(shared, torch.device("cpu"))
        converted = [module for module in shared.modules() if isinstance(module, SynchronizedBatchNorm)]
        assert [module.weight is None for module in converted] == [False, True]
        found = []
        for one in (alone, shared):
            torch.manual_seed(0)
            found.append(one(images)[0])
    finally:
        torch.distributed.destroy_process_group()
    assert torch.allclose(*found, atol=1e-5)
    for name, value in shared.state_dict().items():
        assert torch.allclose(value, alone.state_dict()[name], atol=1e-5), name


def test_an_exported_model_needs_neither_the_file_nor_its_weights(tmp_path):
    path = saved(residual(), tmp_path / "model.keras")
    assessed = planned(path, tmp_path, depth=2, purpose=Purpose.ASSESSMENT)
    trial = Trial(assessed)
    last = list(trial.epochs())[-1]
    trial.save(tmp_path / "checkpoint")
    record = TrialRecord(plan=assessed, epochs=(last,), started_at=START, checkpoint="checkpoint")
    record = record.ended(TrialState.COMPLETE, at=START + 1)
    folder = export([record], assessed, study="t", bring=tmp_path.joinpath, output=tmp_path / "exported")
    path.unlink()
    loaded = load_model(folder)
    inputs = torch.rand(3, 3, 12, 12) * 255
    trial.learner.model.eval()
    with torch.no_grad():
        assert torch.equal(loaded(inputs)["digit"], trial.learner.model(inputs)[0])
    assert len(loaded.predict((inputs.byte()).unbind())["digit"].labels) == 3
