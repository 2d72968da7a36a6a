"""Weights from files: what fits is loaded, all else is refused with names, and nothing is executed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from backbone_contract import scramble
from safetensors.torch import save_file
from torch import Tensor, nn
from torchvision import models

from study.parts.backbones import backbone_problems, build_architecture, build_backbone
from study.values.problems import InputError
from study.values.spec import BackboneSpec


def trained(name: str, **options: int) -> nn.Module:
    torch.manual_seed(0)
    model = models.get_model(name, weights=None, **options)
    scramble(model)
    return model.eval()


def spec(source: str, weights: str, **more: int) -> BackboneSpec:
    return BackboneSpec(source=source, weights=weights, **more)


def same_features(model: nn.Module, candidate: BackboneSpec, root: Path) -> bool:
    """Compare features of the backbone with those that enter the model's last module."""
    kept = []
    list(model.children())[-1].register_forward_pre_hook(lambda _, inputs: kept.append(inputs[0]))
    images = torch.randn(2, 3, 64, 64)
    with torch.no_grad():
        model(images)
        return torch.equal(build_backbone(candidate, root=root).eval()(images), kept[0])


def save(state: dict[str, Tensor], path: Path) -> None:
    if path.suffix == ".pth":
        torch.save(state, path)
    else:
        save_file(state, path)


@pytest.mark.parametrize("file", ["w.pth", "deeper/w.safetensors"])
def test_round_trip(file: str, tmp_path: Path) -> None:
    model = trained("resnet18")
    (tmp_path / "deeper").mkdir()
    save(model.state_dict(), tmp_path / file)
    for weights in (file, str(tmp_path / file)):
        assert backbone_problems(spec("resnet18", weights), root=tmp_path) == []
        assert same_features(model, spec("resnet18", weights), tmp_path)


@pytest.mark.parametrize("classifier", ["of 7 classes", "of two layers", "left out"])
def test_the_classifier_does_not_matter(classifier: str, tmp_path: Path) -> None:
    model = trained("mobilenet_v3_small", num_classes=7)
    state = {name: value for name, value in model.state_dict().items() if not name.startswith("classifier")}
    if classifier == "of 7 classes":
        state = model.state_dict()
    elif classifier == "of two layers":
        state |= {"classifier.0.0.weight": torch.zeros(3, 3), "classifier.1.0.weight": torch.zeros(3, 3)}
    save(state, tmp_path / "w.pth")
    candidate = spec("mobilenet_v3_small", "w.pth")
    assert backbone_problems(candidate, root=tmp_path) == []
    assert same_features(model, candidate, tmp_path)


@pytest.mark.parametrize(
    ("name", "renamed"),
    [
        ("densenet121", [(f".{kind}{i}.", f".{kind}.{i}.") for kind in ("norm", "conv") for i in (1, 2)]),
        ("vit_b_32", [(".mlp.0.", ".mlp.linear_1."), (".mlp.3.", ".mlp.linear_2.")]),
    ],
)
def test_published_files_with_old_names_and_no_counters_are_understood(
    name: str, renamed: list[tuple[str, str]], tmp_path: Path
) -> None:
    sized = {"image_size": 64} if name.startswith("vit") else {}
    model = trained(name, **sized)
    state = {}
    for key, value in model.state_dict().items():
        old = key
        for new_part, old_part in renamed:
            old = old.replace(new_part, old_part) if "denselayer" in key or "encoder" in key else old
        if not key.endswith("num_batches_tracked"):
            state[old] = value
    assert set(state) - set(model.state_dict())
    save(state, tmp_path / "w.safetensors")
    candidate = spec(name, "w.safetensors", image_size=64)
    assert backbone_problems(candidate, root=tmp_path) == []
    assert same_features(model, candidate, tmp_path)


def test_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    save(trained("resnet34").state_dict(), tmp_path / "w.pth")
    problems = backbone_problems(spec("resnet18", "w.pth"), root=tmp_path)
    assert [problem.location for problem in problems] == [("weights",)]
    assert "weights w.pth are not of resnet18: unexpected layer1.2.conv1.weight" in problems[0].message
    with pytest.raises(InputError, match=r"are not of resnet50: missing layer1.0.conv3.weight.* in all; .*shape "):
        build_backbone(spec("resnet50", "w.pth"), root=tmp_path)


def test_vit_positions_of_another_size_are_refused_and_image_size_helps(tmp_path: Path) -> None:
    save(trained("vit_b_32", image_size=64).state_dict(), tmp_path / "w.safetensors")
    (problem,) = backbone_problems(spec("vit_b_32", "w.safetensors"), root=tmp_path)
    assert "encoder.pos_embedding (1, 5, 768) instead of (1, 50, 768)" in problem.message
    assert backbone_problems(spec("vit_b_32", "w.safetensors", image_size=64), root=tmp_path) == []


class Malicious:
    def __init__(self, witness: Path) -> None:
        self.witness = witness

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.witness),)


def test_code_in_a_pickle_is_not_executed(tmp_path: Path) -> None:
    witness = tmp_path / "executed"
    torch.save({"conv1.weight": Malicious(witness)}, tmp_path / "w.pth")
    (problem,) = backbone_problems(spec("resnet18", "w.pth"), root=tmp_path)
    assert "holds Python objects, which are never executed" in problem.message
    with pytest.raises(InputError, match="never executed"):
        build_backbone(spec("resnet18", "w.pth"), root=tmp_path)
    assert not witness.exists()


@pytest.mark.parametrize("name", ["w.pth", "w.safetensors"])
@pytest.mark.parametrize("content", [b"", b"not weights", b"PK\x03\x04 cut off"])
def test_damaged_files_are_refused(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    (problem,) = backbone_problems(spec("resnet18", name), root=tmp_path)
    assert problem.location == ("weights",)
    assert f"cannot read weights {tmp_path / name}: " in problem.message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([torch.zeros(1)], "it holds a list"),
        ({"model": {"conv1.weight": torch.zeros(1)}, "epoch": 3}, "model, epoch are no tensors"),
    ],
)
def test_a_checkpoint_that_is_no_state_dict_is_refused(content: object, said: str, tmp_path: Path) -> None:
    torch.save(content, tmp_path / "w.pth")
    (problem,) = backbone_problems(spec("resnet18", "w.pth"), root=tmp_path)
    assert said in problem.message
    assert "torch.save(model.state_dict(), path)" in problem.message


def test_published_weights_come_from_the_hub_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    model = trained("resnet18")
    (tmp_path / "hub/checkpoints").mkdir(parents=True)
    save(model.state_dict(), tmp_path / "hub/checkpoints/resnet18-f37072fd.pth")
    assert same_features(model, spec("resnet18", "default"), tmp_path)


def test_a_failed_download_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # where nothing listens
    candidate = spec("torchvision:resnet50", "IMAGENET1K_V1")
    assert backbone_problems(candidate, root=tmp_path) == [], "checking must not download"
    with pytest.raises(InputError, match=r"IMAGENET1K_V1 of torchvision:resnet50 from https:.*give its path") as raised:
        build_backbone(candidate, root=tmp_path)
    assert raised.value.problems[0].location == ("weights",)


def test_trained_weights_load_into_an_architecture_without_weights(tmp_path: Path) -> None:
    """An exported model is rebuilt where the weights that its training started from are no more."""
    whole = build_backbone(spec("resnet18", "none"), root=tmp_path).eval()
    empty = build_architecture(spec("resnet18", "gone.pth"), root=tmp_path).eval()
    empty.load_state_dict(whole.state_dict(), assign=True)
    images = torch.randn(2, 3, 64, 64)
    assert torch.equal(empty(images), whole(images))
