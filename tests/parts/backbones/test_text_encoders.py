"""Text encoders hold to the contract of backbones, and what is wrong with a model's folder is said."""

import json
from pathlib import Path

import pytest
import torch
from backbone_contract import check_digests, check_freezing, check_stages
from safetensors.torch import load_file, save_file
from tiny_encoders import KINDS, POSITIONS, write_encoder

from study.parts.backbones import backbone_problems, build_architecture, build_backbone, freeze
from study.parts.backbones.text.architectures import ARCHITECTURES
from study.values.spec import BackboneSpec

SPEC = BackboneSpec(source="transformers:model", name="tiny", options={"max_length": 32})
WIDTH = 16
TEXTS = [("good film",), ("a very long and dull story and not good",), ("bad",), ("the book was fine fine",)]
PAIRS = [("good film", "bad film and a long one"), ("the", "story")]


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@torch.no_grad()
def poolings(model, tokens):
    """Return first token and mean over tokens, as the library's own forward pass gives them."""
    ids, mask, types = tokens.unbind(1)
    known = {"token_type_ids": types} if getattr(model.config, "type_vocab_size", 0) > 1 else {}
    hidden = model(input_ids=ids, attention_mask=mask, **known).last_hidden_state
    mean = torch.stack([row[:length].mean(dim=0) for row, length in zip(hidden, mask.sum(dim=1), strict=True)])
    return hidden[:, 0], mean


def test_every_kind_is_covered():
    assert set(KINDS) == set(ARCHITECTURES)


def test_its_stages_compose_to_both_poolings_of_the_original(kind, tmp_path):
    model = write_encoder(tmp_path / "model", kind)
    backbone = build_backbone(SPEC, root=tmp_path).eval()
    assert backbone.stage_names == ("embeddings", "layers1", "layers2", "layers3")
    for texts in (TEXTS, PAIRS):
        tokens = backbone.preprocessing.tokenize(texts)
        with torch.no_grad():
            features = backbone(tokens)
        first, mean = poolings(model, tokens)
        assert features.shape == (len(texts), backbone.feature_width)
        torch.testing.assert_close(features[:, backbone.poolings["cls"]], first, atol=1e-5, rtol=0)
        torch.testing.assert_close(features[:, backbone.poolings["mean"]], mean, atol=1e-5, rtol=0)
        assert features[:, backbone.poolings["both"]].shape == features.shape
        assert first.std(dim=0).max() > 0.05, "texts differ by more than the tolerance"


def test_it_holds_to_the_contract(kind, tmp_path):
    write_encoder(tmp_path / "model", kind)
    backbone = build_backbone(SPEC, root=tmp_path)
    tokens = backbone.preprocessing.tokenize(TEXTS)
    with torch.no_grad():
        check_stages(backbone, tokens)
    if not kind.startswith("deberta"):  # whose stages share what they know of positions
        check_digests(backbone)
    for depth in (4, 1 if kind.startswith("deberta") else 2, 0):
        check_freezing(backbone, depth, tokens)


def test_padding_changes_nothing(kind, tmp_path):
    write_encoder(tmp_path / "model", kind)
    backbone = build_backbone(SPEC, root=tmp_path).eval()
    tokens = backbone.preprocessing.tokenize(TEXTS)
    padded = torch.cat([tokens, torch.zeros(len(TEXTS), 3, 9, dtype=torch.int64)], dim=2)
    with torch.no_grad():
        torch.testing.assert_close(backbone(padded), backbone(tokens), atol=1e-5, rtol=0)
        # As middle cuts are cached: zeros behind what there is.
        middle = backbone.run(tokens, 0, 2)
        behind = torch.cat([middle, torch.zeros(len(TEXTS), 5, WIDTH + 1)], dim=1)
        torch.testing.assert_close(backbone.run(behind, 2, 4), backbone(tokens), atol=1e-5, rtol=0)


def test_what_deberta_layers_share_is_frozen_with_the_first_of_them(tmp_path):
    write_encoder(tmp_path / "model", "deberta-v2")
    backbone = build_backbone(SPEC, root=tmp_path)
    shared = backbone.stages[1].rel_embeddings.weight
    assert shared is backbone.stages[2].rel_embeddings.weight
    freeze(backbone, 1)
    assert shared.requires_grad
    freeze(backbone, 2)
    assert not shared.requires_grad


def test_random_weights_come_from_the_seed(tmp_path):
    write_encoder(tmp_path / "model", "bert")
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(build_backbone(SPEC.from_scratch(), root=tmp_path).state_dict())
    name = "stages.1.layers.0.intermediate.dense.weight"
    assert torch.equal(drawn[0][name], drawn[1][name])
    assert not torch.equal(drawn[0][name], drawn[2][name])


def test_its_outline_needs_no_weights_and_can_be_filled(tmp_path):
    write_encoder(tmp_path / "model", "bert")
    whole = build_backbone(SPEC, root=tmp_path).eval()
    (tmp_path / "model" / "model.safetensors").unlink()
    outline = build_architecture(SPEC, root=tmp_path).eval()
    outline.load_state_dict(whole.state_dict(), assign=True)
    tokens = whole.preprocessing.tokenize(TEXTS)
    assert torch.equal(outline(tokens), whole(tokens))


def in_parts(folder, state):
    names = list(state)
    files = {"model-00001-of-00002.safetensors": names[:5], "model-00002-of-00002.safetensors": names[5:]}
    for file, kept in files.items():
        save_file({name: state[name] for name in kept}, folder / file)
    index = {"weight_map": {name: file for file, kept in files.items() for name in kept}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))


def of_pretraining(folder, state):
    """Names as a masked language model's, and normalisation as in the first years."""
    renamed = {f"bert.{name}".replace("LayerNorm.weight", "LayerNorm.gamma"): value for name, value in state.items()}
    save_file({**renamed, "cls.predictions.bias": torch.zeros(3)}, folder / "model.safetensors")


def as_bin(folder, state):
    torch.save(state, folder / "pytorch_model.bin")


@pytest.mark.parametrize("write", [in_parts, of_pretraining, as_bin])
def test_weights_may_be_kept_in_other_ways(write, tmp_path):
    write_encoder(tmp_path / "model", "bert")
    before = build_backbone(SPEC, root=tmp_path).state_dict()
    file = tmp_path / "model" / "model.safetensors"
    state = load_file(file)
    file.unlink()
    write(tmp_path / "model", state)
    after = build_backbone(SPEC, root=tmp_path).state_dict()
    assert all(torch.equal(value, after[name]) for name, value in before.items())


class Touch:
    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def test_nothing_of_a_folder_is_executed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "model"
    write_encoder(folder, "bert")
    code = "from pathlib import Path\nPath('executed').touch()\nclass Mine: pass\n"
    (folder / "mine.py").write_text(code)
    config = json.loads((folder / "config.json").read_text())
    wanted = dict.fromkeys(("AutoConfig", "AutoModel", "AutoTokenizer"), "mine.Mine")
    elsewhere = dict.fromkeys(("_attn_implementation", "attn_implementation"), "nobody/kernels-with-code")
    (folder / "config.json").write_text(json.dumps({**config, **elsewhere, "auto_map": wanted}))
    kept = json.loads((folder / "tokenizer_config.json").read_text())
    (folder / "tokenizer_config.json").write_text(
        json.dumps({**kept, "auto_map": {"AutoTokenizer": ["mine.Mine", None]}})
    )
    backbone = build_backbone(SPEC, root=tmp_path)
    assert backbone(backbone.preprocessing.tokenize(TEXTS)).shape == (len(TEXTS), 2 * WIDTH)
    (folder / "model.safetensors").unlink()
    torch.save({"embeddings.word_embeddings.weight": Touch()}, folder / "pytorch_model.bin")
    [problem] = backbone_problems(SPEC, root=tmp_path)
    assert "holds Python objects, which are never executed" in problem.message
    assert not (tmp_path / "executed").exists()


def changed(**values):
    def change(folder):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **values}))

    return change


def more_words(folder):
    kept = json.loads((folder / "tokenizer.json").read_text())
    kept["model"]["vocab"]["more"] = 19
    (folder / "tokenizer.json").write_text(json.dumps(kept))


@pytest.mark.parametrize(
    ("change", "given", "location", "said"),
    [
        (changed(model_type="gpt2"), {}, "source", "model_type is 'gpt2'; text encoders that can be cut are bert, "),
        (changed(intermediate_size=64), {}, "weights", "shape encoder.layer"),
        (changed(hidden_size=15), {}, "source", "its config makes no model"),
        (lambda folder: (folder / "config.json").write_text("{"), {}, "source", "cannot read"),
        (lambda folder: (folder / "config.json").unlink(), {}, "source", "a folder with a config.json"),
        (lambda folder: (folder / "model.safetensors").unlink(), {}, "weights", "one of model.safetensors, pytorch_"),
        (lambda folder: (folder / "tokenizer.json").write_text("{"), {}, "source", "cannot read the tokenizer in"),
        (lambda folder: (folder / "tokenizer.json").unlink(), {}, "source", "cannot read the tokenizer in"),
        (more_words, {}, "source", "the tokenizer knows 20 tokens, but the model has embeddings for 19"),
        (None, {"options": {"max_length": POSITIONS + 1}}, "options.max_length", "has positions for 40 tokens"),
        (None, {"options": {"max_length": 2.5}}, "options.max_length", "a whole number of tokens, at least 8"),
        (None, {"options": {"max_len": 8}}, "options.max_len", "unknown option"),
        (None, {"image_size": 32}, "image_size", "takes texts, which have no image_size"),
        (None, {"weights": "large"}, "weights", "unknown weights of transformers:model 'large'"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(change, given, location, said, tmp_path):
    write_encoder(tmp_path / "model", "bert")
    if change is not None:
        change(tmp_path / "model")
    [problem] = backbone_problems(SPEC.model_copy(update=given), root=tmp_path)
    assert ".".join(map(str, problem.location)) == location
    assert said in problem.message


def test_positions_of_roberta_begin_behind_the_padding_id(tmp_path):
    write_encoder(tmp_path / "model", "roberta")
    [problem] = backbone_problems(SPEC.model_copy(update={"options": {"max_length": POSITIONS}}), root=tmp_path)
    assert f"has positions for {POSITIONS - 1} tokens" in problem.message


def test_a_source_takes_its_name_from_its_folder():
    assert BackboneSpec.model_validate("transformers:/models/my-bert/").name == "my-bert"
    assert BackboneSpec.model_validate("transformers:google-bert/bert-base-uncased").name == "bert-base-uncased"
