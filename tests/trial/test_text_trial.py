"""Trials on texts: cached as uncached, in packs as alone, resumed as undisturbed, whatever the encoder."""

import numpy as np
import pytest
from builders import plan
from test_trial import assert_close, metrics
from tiny_encoders import KINDS, write_encoder, write_reviews

from study.learning.feature_cache import FeatureCache
from study.learning.text_store import TextStore
from study.trial.assessment import assess
from study.trial.materials import Materials
from study.trial.pack import TrialPack
from study.trial.trial import Trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.plan import Purpose
from study.values.precision import Precision
from study.values.spec import StudySpec

ALL_FROZEN = 4
TASKS = [{"name": name, "data": "texts:reviews.csv", "target": name} for name in ("tone", "topic")]


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    write_reviews(folder / "reviews.csv")
    for kind in KINDS:
        write_encoder(folder / kind, kind)
    return folder


def planned(root, cache, *, kind="bert", protocol="fine_tuning", depth=ALL_FROZEN, values=None, **changes):
    backbone = {"source": f"transformers:{kind}", "name": "tiny", "options": {"max_length": 32}}
    whole = {"name": "t", "protocols": [protocol], "backbones": [backbone], "tasks": TASKS}
    given = {"head_learning_rate": 0.01, "backbone_learning_rate": 1e-3, "batch_size": 8, "dropout": 0.1}
    hyperparameters = Hyperparameters.model_validate({**given, "freezing_depth": depth, **(values or {})})
    arm = build_arms(StudySpec.model_validate(whole))[0]
    fixed = {"root": str(root), "cache_dir": str(cache), "epochs": 2}
    return plan(arm=arm, hyperparameters=hyperparameters, **{**fixed, **changes})


@pytest.mark.parametrize("protocol", ["fine_tuning", "shared_representation"])
@pytest.mark.parametrize("kind", KINDS)
def test_cached_and_uncached_trials_agree(kind, protocol, root, tmp_path):
    materials = Materials()
    for depth, pooling in ((2, "cls"), (ALL_FROZEN, "mean")):
        values = {"optimizer": "sgd", "pooling": pooling}
        one = planned(root, tmp_path, kind=kind, protocol=protocol, depth=depth, values=values)
        cached = Trial(one, materials)
        assert isinstance(cached.learner.streams[0].inputs, FeatureCache)
        uncached = Trial(one.model_copy(update={"feature_cache_gib": 0.0}), materials)
        assert isinstance(uncached.learner.streams[0].inputs, TextStore)
        assert_close(*([epoch.metrics for epoch in trial.epochs()] for trial in (cached, uncached)))


def test_middle_cuts_are_as_long_as_the_longest_text_and_deeper_ones_go_on_from_them(root, tmp_path):
    materials = Materials()
    middle = Trial(planned(root, tmp_path, depth=2), materials)
    splits = middle.tasks[0].splits
    examples = np.sort(np.concatenate([splits.train, splits.validation]))
    store = materials.store(middle.tasks[0].inputs, examples, middle.model.backbone.preprocessing, middle.plan)
    values = middle.learner.streams[0].inputs.values
    assert values.shape[1:] == (int(store.lengths.max()), 16 + 1)
    assert store.lengths.max() > store.lengths.min()
    assert (values[..., -1].sum(dim=1).long() == store.lengths).all(), "the mask is the last channel"
    deeper = Trial(planned(root, tmp_path), materials)
    assert deeper.notes["features"] == "computed once and cached, from those at depth 2"
    assert deeper.learner.streams[0].inputs.values.shape[1:] == (2 * 16,)


def test_trials_of_all_poolings_share_features_and_train_in_one_pack_as_alone(root, tmp_path):
    poolings = ("cls", "mean", "both", None, "mean")
    plans = [
        planned(root, tmp_path, values={"pooling": pooling, "head_depth": depth}, seed=seed)
        for seed, (pooling, depth) in enumerate(zip(poolings, (0, 0, 1, 0, 1), strict=True))
    ]
    materials = Materials()
    packed = [[] for _ in plans]
    for outcomes in TrialPack(plans, materials).epochs():
        for number, outcome in outcomes.items():
            packed[number].append(outcome.metrics)
    assert len(materials._features) == 1
    for one, plan_ in zip(packed, plans, strict=True):
        assert_close(one, metrics(plan_))
    assert packed[0] != packed[1]


@pytest.mark.parametrize("kind", ["bert", "deberta-v2"])
def test_a_trial_goes_on_from_its_checkpoint_as_if_undisturbed(kind, root, tmp_path):
    one = planned(root, tmp_path / "cache", kind=kind, depth=1, epochs=3, values={"pooling": "mean"})
    whole = metrics(one)
    trial = Trial(one)
    next(trial.epochs())
    trial.save(tmp_path / "checkpoint")
    rest = metrics(one.model_copy(update={"checkpoint": str(tmp_path / "checkpoint")}))
    assert_close(rest, whole[1:], tolerance=1e-6)


@pytest.mark.parametrize("kind", ["bert", "deberta-v2"])
def test_trained_layers_may_compute_in_half_precision(kind, root, tmp_path):
    exact = planned(root, tmp_path, kind=kind, depth=1, values={"pooling": "mean", "dropout": 0.0}, epochs=1)
    [half], [whole] = (metrics(exact.model_copy(update={"precision": precision})) for precision in Precision)
    assert half["validation/tone/loss"] == pytest.approx(whole["validation/tone/loss"], rel=0.1)
    assert half != whole


def test_a_trained_encoder_learns_what_its_texts_say(root, tmp_path):
    values = {"pooling": "mean", "head_learning_rate": 0.03, "backbone_learning_rate": 3e-3, "dropout": 0.0}
    one = planned(root, tmp_path, depth=0, epochs=12, values=values, purpose=Purpose.ASSESSMENT)
    trial = Trial(one)
    list(trial.epochs())
    assert assess(trial).scores["test/tone/balanced_accuracy"] > 0.8


def test_without_room_the_metrics_are_the_same_and_the_record_says_so(root, tmp_path):
    one = planned(root, tmp_path / "kept", depth=2)
    tight = one.model_copy(update={"cache_gib": 0.0, "cache_dir": str(tmp_path / "tight")})
    for kept, other in zip(Trial(one).epochs(), Trial(tight).epochs(), strict=True):
        assert kept.metrics == pytest.approx(other.metrics, abs=1e-4)
        assert other.notes["texts"].startswith("tokenised by each process: ")
