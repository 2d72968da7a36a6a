"""Trials that learn by low-rank changes: what is kept of them, what is exported, and what others start from."""

import pytest
import torch
from safetensors.torch import load_file
from test_text_trial import planned
from test_trial import assert_close, own_plan
from tiny_encoders import write_encoder, write_reviews

from study.orchestration.export import export
from study.orchestration.exported import load_model
from study.trial.assessment import assess
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.hyperparameters import check_hyperparameters
from study.values.metric_names import Split
from study.values.plan import Purpose
from study.values.problems import InputError
from study.values.records import TrialRecord

LOW_RANK = {"lora_rank": 2, "lora_alpha": 4.0, "backbone_learning_rate": 0.02, "batch_size": 24}


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    write_reviews(folder / "reviews.csv")
    write_encoder(folder / "bert", "bert")
    return folder


@pytest.fixture(scope="module")
def materials():
    return Materials()


def low_rank(root, *, depth=2, values=None, **changes):
    given = {"cache": root / "cache", "values": {**LOW_RANK, **(values or {})}, **changes}
    return planned(root, given.pop("cache"), depth=depth, **given)


def metrics(trial):
    return [record.metrics for record in trial.epochs()]


def test_only_factors_are_trained_and_kept(root, materials, tmp_path):
    trial = Trial(low_rank(root), materials)
    before = {name: value.clone() for name, value in trial.model.state_dict().items()}
    [*_, record] = trial.epochs()
    changed = {name for name, value in trial.model.state_dict().items() if not torch.equal(value, before[name])}
    trial.save(tmp_path / "kept")
    kept = load_file(tmp_path / "kept" / "trained.safetensors")
    factors = {name for name in kept if name.endswith((".down", ".up"))}
    assert changed == factors | {name for name in kept if name.startswith("heads.")}
    assert kept.keys() - changed == {name for name in kept if name.endswith(".scale")}
    assert len(factors) == 2 * 12
    assert record.notes["low_rank"] == "changes of rank 2 of 12 weights"
    whole = Trial(planned(root, root / "cache", depth=2), materials)
    assert record.costs["parameters"] == sum(one.numel() for one in whole.model.parameters())
    # Of 16 x 16 and 32 x 16: the sum of both sides times the rank.
    trained = 2 * (2 * 4 * (16 + 16) + 2 * 2 * (16 + 32))
    assert record.costs["trained_parameters"] == trained + sum(one.numel() for one in trial.model.heads.parameters())


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"ema_decay": 0.8, "wise_ft_alpha": 0.5, "sam_radius": 0.05, "layer_decay": 0.5, "accumulation_steps": 2},
    ],
    ids=["alone", "with others"],
)
def test_a_resumed_trial_is_the_uninterrupted_one_bit_by_bit(root, materials, tmp_path, others):
    one = low_rank(root, epochs=3, values=others)
    undisturbed = metrics(Trial(one, materials))
    trial = Trial(one, materials)
    epochs = trial.epochs()
    before = [next(epochs).metrics]
    trial.save(tmp_path / "kept")
    resumed = Trial(one.model_copy(update={"checkpoint": str(tmp_path / "kept")}), materials)
    assert before + metrics(resumed) == undisturbed


def test_cached_and_uncached_trials_agree(root, materials):
    one = low_rank(root, values={"optimizer": "sgd"})
    assert_close(*(metrics(Trial(one.model_copy(update={"feature_cache_gib": gib}), materials)) for gib in (1.0, 0.0)))


def test_weights_halfway_are_halfway_between_the_merged_ones(root, materials):
    trained = Trial(low_rank(root), materials)
    metrics(trained)
    halfway = Trial(low_rank(root, values={"wise_ft_alpha": 0.5}), materials)
    metrics(halfway)
    halfway.use_chosen_weights()
    start = Trial(planned(root, root / "cache", depth=2), materials).model.backbone.state_dict()
    for trial in (trained, halfway):
        trial.model.merge()
    ends, between = (trial.model.backbone.state_dict() for trial in (trained, halfway))
    assert start.keys() == between.keys()
    assert any(not torch.equal(value, ends[name]) for name, value in start.items())
    for name, value in between.items():
        torch.testing.assert_close(value, (start[name] + ends[name]) / 2)


def test_an_exported_model_has_its_changes_merged_and_predicts_as_it_was_assessed(root, materials, tmp_path):
    one = low_rank(root, purpose=Purpose.ASSESSMENT, values={"wise_ft_alpha": 0.7})
    trial = Trial(one, materials)
    epochs = tuple(trial.epochs())
    [_, of_test] = assess(trial).predictions
    assert of_test.split is Split.TEST
    trial.save(tmp_path / "kept")
    record = TrialRecord(plan=one, epochs=epochs, started_at=0.0, checkpoint="kept", test={})
    folder = export([record], one, study="t", bring=lambda name: tmp_path / name, output=tmp_path / "model")
    assert not any("parametrizations" in name for name in load_file(folder / "model.safetensors"))
    texts = [trial.tasks[0].inputs.read(int(position))[0] for position in of_test.examples]
    predicted = load_model(folder).predict(texts)["tone"].probabilities
    torch.testing.assert_close(predicted, torch.from_numpy(of_test.logits).float().softmax(-1), atol=1e-5, rtol=0)


def test_a_trial_that_starts_from_it_has_the_changes_in_its_weights(root, materials, tmp_path):
    trial = Trial(low_rank(root), materials)
    metrics(trial)
    trial.save(tmp_path / "kept")
    started = Trial(planned(root, root / "cache", depth=1, backbone_checkpoint=str(tmp_path / "kept")))
    trial.model.merge()
    expected = trial.model.backbone.state_dict()
    for name, value in started.model.backbone.state_dict().items():
        torch.testing.assert_close(value, expected[name])


def test_of_a_backbone_without_linear_layers_heads_alone_are_trained_and_the_record_says_so(tmp_path):
    trial = Trial(own_plan(tmp_path, epochs=1, values={"lora_rank": 4}))
    before = [one.clone() for one in trial.model.backbone.parameters()]
    [record] = trial.epochs()
    assert record.notes["low_rank"] == (
        "no nn.Linear or nn.MultiheadAttention in the unfrozen stages: nothing of them is trained"
    )
    assert all(torch.equal(*pair) for pair in zip(before, trial.model.backbone.parameters(), strict=True))


def test_convolutions_learn_where_the_configuration_says_so(tmp_path):
    values = {
        "lora_rank": 2,
        "lora_layers": "linear_and_convolutions",
        "backbone_learning_rate": 0.02,
        "ema_decay": 0.5,
    }
    one = own_plan(tmp_path, values={**values, "wise_ft_alpha": 0.5})
    undisturbed = Trial(one)
    found = metrics(undisturbed)
    assert undisturbed.notes["low_rank"] == "changes of rank 2 of 2 weights"
    trial = Trial(one)
    before = [next(trial.epochs()).metrics]
    trial.save(tmp_path / "kept")
    assert before + metrics(Trial(one.model_copy(update={"checkpoint": str(tmp_path / "kept")}))) == found
    undisturbed.use_chosen_weights()
    undisturbed.save(tmp_path / "end")
    started = Trial(own_plan(tmp_path, backbone_checkpoint=str(tmp_path / "end")))
    undisturbed.model.merge()
    expected, start = undisturbed.model.backbone.state_dict(), Trial(own_plan(tmp_path)).model.backbone.state_dict()
    for name, value in started.model.backbone.state_dict().items():
        torch.testing.assert_close(value, expected[name])
        is_changed = name in ("stages.1.0.weight", "stages.2.0.weight") or name.startswith("stages.1.1.running")
        assert torch.equal(value, start[name]) != is_changed or "num_batches" in name


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"lora_alpha": 8.0}, r"lora_alpha = 8\.0 scales what lora_rank makes"),
        ({"lora_layers": "linear_and_convolutions"}, "lora_layers = linear_and_convolutions says where lora_rank is"),
        ({"lora_rank": 4, "l2_sp": 0.1}, r"l2_sp = 0\.1 draws weights to their start, but with lora_rank = 4"),
    ],
)
def test_what_does_not_go_together_is_refused(values, message):
    given = {"freezing_depth": 3, "head_learning_rate": 0.1, "batch_size": 4}
    with pytest.raises(InputError, match=message):
        check_hyperparameters({**given, **values}, num_stages=3, tasks=("a",), space="s")
