"""Trials that learn by adapters: what is kept of them, what is exported, and what others start from."""

import pytest
import torch
from safetensors.torch import load_file
from test_text_trial import ALL_FROZEN, planned
from test_trial import assert_close, own_plan
from tiny_encoders import write_encoder, write_reviews
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import VisionTransformer

from study.learning.model import AdaptedModel
from study.orchestration.export import export
from study.orchestration.exported import load_model
from study.parts.backbones import Backbone
from study.parts.backbones.families.vit import cut_vit
from study.parts.preprocessing import Preprocessing
from study.trial.assessment import assess
from study.trial.materials import Materials
from study.trial.pack import TrialPack
from study.trial.trial import Trial
from study.values.hyperparameters import check_hyperparameters
from study.values.metric_names import Cost
from study.values.packing import is_packable
from study.values.plan import Purpose
from study.values.problems import InputError
from study.values.records import TrialRecord

ADAPTED = {"adapter_width": 6, "backbone_learning_rate": 0.02, "batch_size": 24}
FEATURES, LAYERS = 16, 2
OF_ONE = 2 * FEATURES * 6 + 6 + FEATURES + 2 * FEATURES


@pytest.fixture(scope="module")
def materials():
    return Materials()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("texts")
    write_reviews(folder / "reviews.csv")
    write_encoder(folder / "bert", "bert")
    return folder


def metrics(trial):
    return [record.metrics for record in trial.epochs()]


def with_adapters(root, *, depth=2, values=None, **changes):
    given = {"cache": root / "cache", "values": {**ADAPTED, **(values or {})}, **changes}
    return planned(root, given.pop("cache"), depth=depth, **given)


def test_only_adapters_are_trained_and_kept(root, materials, tmp_path):
    trial = Trial(with_adapters(root), materials)
    before = {name: value.clone() for name, value in trial.model.state_dict().items()}
    [*_, record] = trial.epochs()
    changed = {name for name, value in trial.model.state_dict().items() if not torch.equal(value, before[name])}
    trial.save(tmp_path / "kept")
    kept = load_file(tmp_path / "kept" / "trained.safetensors")
    of_adapters = {name for name in kept if ".adapters_behind.0." in name}
    assert changed == kept.keys() == of_adapters | {name for name in kept if name.startswith("heads.")}
    assert len(of_adapters) == 6 * LAYERS
    assert record.notes["adapters"] == "of width 6 behind 2 blocks"
    whole = Trial(planned(root, root / "cache", depth=2), materials)
    assert record.costs["parameters"] == sum(one.numel() for one in whole.model.parameters()) + LAYERS * OF_ONE
    heads = sum(one.numel() for one in trial.model.heads.parameters())
    assert record.costs["trained_parameters"] == LAYERS * OF_ONE + heads


def test_operations_of_adapters_are_counted(root, materials):
    measured = {"measured": (Cost.FLOPS,), "epochs": 1}
    plans = [with_adapters(root, **measured), planned(root, root / "cache", depth=2, **measured)]
    [adapted], [plain] = ([record.costs["flops"] for record in Trial(one, materials).epochs()] for one in plans)
    per_token = 2 * 2 * FEATURES * 6 * LAYERS
    assert adapted > plain
    assert (adapted - plain) % per_token == 0


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"ema_decay": 0.8, "wise_ft_alpha": 0.5, "sam_radius": 0.05, "unfreeze_every": 1, "accumulation_steps": 2},
    ],
    ids=["alone", "with others"],
)
def test_a_resumed_trial_is_the_uninterrupted_one_bit_by_bit(root, materials, tmp_path, others):
    one = with_adapters(root, epochs=3, values=others)
    undisturbed = metrics(Trial(one, materials))
    trial = Trial(one, materials)
    before = [next(trial.epochs()).metrics]
    trial.save(tmp_path / "kept")
    resumed = Trial(one.model_copy(update={"checkpoint": str(tmp_path / "kept")}), materials)
    assert before + metrics(resumed) == undisturbed


def test_cached_and_uncached_trials_agree(root, materials):
    one = with_adapters(root, values={"optimizer": "sgd"})
    assert_close(*(metrics(Trial(one.model_copy(update={"feature_cache_gib": gib}), materials)) for gib in (1.0, 0.0)))


def test_where_all_stages_are_frozen_there_are_none_and_trials_train_in_packs_as_alone(root, materials):
    heads = {"depth": ALL_FROZEN, "trains_heads_only": True}
    plans = [with_adapters(root, seed=seed, **heads) for seed in range(2)]
    assert all(is_packable(one) for one in plans)
    packed = [[] for _ in plans]
    for outcomes in TrialPack(plans, materials).epochs():
        for number, outcome in outcomes.items():
            packed[number].append(outcome.metrics)
    for one, found in zip(plans, packed, strict=True):
        trial = Trial(one, materials)
        assert trial.model.num_adapters is None
        assert_close(metrics(trial), found)


def test_halfway_adapters_add_half_of_what_they_learnt_to(root, materials):
    trained = Trial(with_adapters(root), materials)
    metrics(trained)
    halfway = Trial(with_adapters(root, values={"wise_ft_alpha": 0.5}), materials)
    metrics(halfway)
    halfway.use_chosen_weights()
    ends, between = (trial.model.backbone.state_dict() for trial in (trained, halfway))
    for name, value in between.items():
        is_way_out = ".adapters_behind." in name and ".up." in name
        torch.testing.assert_close(value, ends[name] / 2 if is_way_out else ends[name])


def test_an_exported_model_has_its_adapters_and_predicts_as_it_was_assessed(root, materials, tmp_path):
    one = with_adapters(root, purpose=Purpose.ASSESSMENT)
    trial = Trial(one, materials)
    epochs = tuple(trial.epochs())
    [_, of_test] = assess(trial).predictions
    trial.save(tmp_path / "kept")
    record = TrialRecord(plan=one, epochs=epochs, started_at=0.0, checkpoint="kept", test={})
    folder = export([record], one, study="t", bring=lambda name: tmp_path / name, output=tmp_path / "model")
    texts = [trial.tasks[0].inputs.read(int(position))[0] for position in of_test.examples]
    predicted = load_model(folder).predict(texts)["tone"].probabilities
    torch.testing.assert_close(predicted, torch.from_numpy(of_test.logits).float().softmax(-1), atol=1e-5, rtol=0)


@pytest.mark.parametrize("values", [{}, ADAPTED], ids=["whole", "by adapters again"])
def test_a_trial_that_starts_from_it_has_its_adapters_too(root, materials, tmp_path, values):
    trial = Trial(with_adapters(root), materials)
    metrics(trial)
    trial.save(tmp_path / "kept")
    plan = planned(root, root / "cache", depth=1, backbone_checkpoint=str(tmp_path / "kept"), values=values)
    started = Trial(plan)
    tokens = torch.stack([torch.arange(5, 13), torch.ones(8), torch.zeros(8)]).long()[None]
    with torch.no_grad():
        expected = trial.model.backbone.eval()(tokens)
        torch.testing.assert_close(started.model.backbone.eval()(tokens), expected)
    before = {name: value.clone() for name, value in started.model.backbone.state_dict().items()}
    metrics(started)
    after = started.model.backbone.state_dict()
    changed = {name for name, value in after.items() if not torch.equal(value, before[name])}
    of_trial = {name for name in changed if ".adapters_behind.0." in name and not name.startswith("stages.1.")}
    assert len(of_trial) == (0 if values else 6 * LAYERS)
    started.save(tmp_path / "again")
    resumed = Trial(plan.model_copy(update={"checkpoint": str(tmp_path / "again")}))
    assert all(torch.equal(value, after[name]) for name, value in resumed.model.backbone.state_dict().items())


def test_of_a_backbone_without_blocks_heads_alone_are_trained_and_the_record_says_so(tmp_path):
    trial = Trial(own_plan(tmp_path, epochs=1, values={"adapter_width": 4}))
    before = [one.clone() for one in trial.model.backbone.parameters()]
    [record] = trial.epochs()
    assert record.notes["adapters"] == "no blocks of layers in the unfrozen stages: nothing of them is trained"
    assert all(torch.equal(*pair) for pair in zip(before, trial.model.backbone.parameters(), strict=True))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"adapter_width": 4, "lora_rank": 2}, "adapter_width = 4 and lora_rank = 2 are two ways"),
        ({"adapter_width": 4, "l2_sp": 0.1}, r"l2_sp = 0\.1 draws weights to their start, but with adapter_width = 4"),
    ],
)
def test_what_does_not_go_together_is_refused(values, message):
    given = {"freezing_depth": 3, "head_learning_rate": 0.1, "batch_size": 4}
    with pytest.raises(InputError, match=message):
        check_hyperparameters({**given, **values}, num_stages=3, tasks=("a",), space="s")


def test_a_step_by_adapters_is_two_thirds_of_a_whole_one_and_one_by_low_rank_changes_is_whole():
    def operations(learn):
        cut = cut_vit(VisionTransformer(32, 8, num_layers=12, num_heads=2, hidden_dim=64, mlp_dim=256))
        stages = list(cut.stages.values())
        backbone = Backbone(stages, feature_width=64, preprocessing=Preprocessing(image_size=32))
        model = AdaptedModel(backbone, [torch.nn.Linear(64, 2)], 0)
        learn(model)
        with FlopCounterMode(display=False) as counter:
            model(torch.randn(8, 3, 32, 32))[0].sum().backward()
        return counter.get_total_flops()

    whole = operations(lambda model: None)
    assert operations(lambda model: model.learn_adapters(1)) == pytest.approx(2 / 3 * whole, rel=0.05)
    assert operations(lambda model: model.learn_low_rank(1, 1.0)) == pytest.approx(whole, rel=0.05)
