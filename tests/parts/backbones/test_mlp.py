"""The perceptron for rows: a layer a stage, standardised by what it was trained on."""

from __future__ import annotations

import pytest
import torch
from backbone_contract import check_digests, check_freezing, check_stages
from safetensors.torch import save_file

from study.parts.backbones import backbone_problems, build_architecture, build_backbone
from study.values.spec import BackboneSpec


def mlp(weights="none", **options):
    return BackboneSpec.model_validate({"source": "mlp", "weights": weights, "options": options})


def trained(tmp_path):
    generator = torch.Generator().manual_seed(0)
    state = {
        "standardize.statistics.running_mean": torch.tensor([1.0, 2.0, 3.0]),
        "standardize.statistics.running_var": torch.tensor([4.0, 1.0, 0.25]),
        "layer1.weight": torch.randn(5, 3, generator=generator),
        "layer1.bias": torch.randn(5, generator=generator),
        "layer2.weight": torch.randn(2, 5, generator=generator),
        "layer2.bias": torch.randn(2, generator=generator),
    }
    save_file(state, tmp_path / "mlp.safetensors")
    return state


def test_it_is_a_backbone_with_a_stage_a_layer(tmp_path):
    backbone = build_backbone(mlp(inputs=103, widths=[100, 50]), root=tmp_path)
    assert backbone.stage_names == ("layer1", "layer2")
    assert backbone.feature_width == 50
    rows = torch.randn(4, 103, generator=torch.Generator().manual_seed(0))
    check_stages(backbone, rows)
    check_digests(backbone)
    for depth in (2, 1, 0):
        check_freezing(backbone, depth, rows)
    assert build_architecture(mlp(inputs=103, widths=[100, 50]), root=tmp_path).num_stages == 2


@pytest.mark.parametrize(("activation", "apply"), [("relu", torch.relu), ("tanh", torch.tanh)])
def test_weights_of_a_file_give_what_the_formula_gives(tmp_path, activation, apply):
    state = trained(tmp_path)
    spec = mlp("mlp.safetensors", inputs=3, widths=[5, 2], activation=activation)
    assert backbone_problems(spec, root=tmp_path) == []
    rows = torch.randn(7, 3)
    features = build_backbone(spec, root=tmp_path).eval()(rows)
    mean, variance = (state[f"standardize.statistics.running_{name}"] for name in ("mean", "var"))
    hidden = apply((rows - mean) / (variance + 1e-5).sqrt() @ state["layer1.weight"].T + state["layer1.bias"])
    expected = apply(hidden @ state["layer2.weight"].T + state["layer2.bias"])
    assert torch.allclose(features, expected, atol=1e-5)


def test_everything_wrong_is_said_at_once_and_by_name(tmp_path):
    spec = BackboneSpec.model_validate(
        {"source": "mlp", "image_size": 8, "options": {"inputs": 0, "widths": [], "activation": "rilu", "depth": 2}}
    )
    found = {
        ".".join(map(str, problem.location)): problem.message for problem in backbone_problems(spec, root=tmp_path)
    }
    assert found.keys() == {
        "options.inputs", "options.widths", "options.activation", "options.depth", "weights", "image_size"
    }  # fmt: skip
    assert "no published weights" in found["weights"]
    trained(tmp_path)
    [problem] = backbone_problems(mlp("mlp.safetensors", inputs=4, widths=[5, 2]), root=tmp_path)
    assert "layer1.weight (5, 3) instead of (5, 4)" in problem.message
