"""Models of Keras are cut where everything flows through one tensor, and give what they gave whole."""

import copy
import os
import subprocess
import sys

import h5py
import numpy as np
import pytest
import tiny_keras
import torch
from backbone_contract import check_digests, check_freezing, check_stages
from tiny_keras import SIZE, residual, saved, transferred
from torch.nn import BatchNorm2d

from study.parts.backbones import backbone_problems, build_architecture, build_backbone, is_own, stage_digests
from study.parts.backbones.keras_models.applications import way
from study.parts.backbones.keras_models.library import load_keras
from study.parts.backbones.keras_models.pixels import is_bgr, preprocessing_of
from study.parts.backbones.keras_models.stage import Entrance
from study.values.spec import BackboneSpec

TOLERANCE = 1e-5
IN_TRAINING = 5e-5
"""Keras has a batch's variance as the mean of squares less the squared mean, which cancels more than torch's does."""


def spec(source, **changes):
    return BackboneSpec.model_validate({"source": f"keras:{source}", "name": "x", **changes})


def images(size, num=4):
    return torch.randint(0, 256, (num, 3, size, size), generator=torch.Generator().manual_seed(0)).float()


def check(backbone, whole, pixels):
    """Hold a backbone against a model of Keras without classifier, in both modes, and to what all backbones keep."""
    keras = load_keras()
    for training in (False, True):
        backbone.train(training)
        with torch.no_grad(), keras.device("cpu"):
            expected = whole(pixels.permute(0, 2, 3, 1), training=training)
            tolerance = IN_TRAINING if training else TOLERANCE
            assert torch.allclose(backbone(pixels), expected, atol=tolerance, rtol=TOLERANCE)
    assert expected.shape == (len(pixels), backbone.feature_width)
    check_gradients(backbone.train(), whole, pixels)
    with torch.no_grad():
        check_stages(backbone, pixels)
    check_digests(backbone)
    for depth in (backbone.num_stages, 1, 0):
        check_freezing(backbone, depth, pixels)


def check_gradients(backbone, whole, pixels):
    found = []
    for model, layout in ((backbone, (0, 1, 2, 3)), (whole, (0, 2, 3, 1))):
        inputs = pixels.clone().requires_grad_()
        with load_keras().device("cpu"):
            outputs = model(inputs.permute(layout), **({} if model is backbone else {"training": True}))
        weights = torch.linspace(-1, 1, outputs.numel()).reshape(outputs.shape)
        found.append(torch.autograd.grad((outputs * weights).sum(), inputs)[0])
    assert torch.allclose(*found, rtol=1e-3, atol=1e-3 * float(found[1].abs().max()))


def test_a_saved_model_with_branches_holds_to_the_contract(tmp_path):
    keras = load_keras()
    model = residual()
    saved(model, tmp_path / "model.keras")
    given = spec("model.keras")
    assert not is_own(given)
    assert backbone_problems(given, root=tmp_path) == []
    backbone = build_backbone(given, root=tmp_path)
    outline = build_architecture(given, root=tmp_path)
    assert {name: value.shape for name, value in outline.state_dict().items()} == {
        name: value.shape for name, value in backbone.state_dict().items()
    }
    assert stage_digests(build_backbone(given, root=tmp_path)) == stage_digests(backbone)
    assert (backbone.num_stages, backbone.feature_width) == (4, 9)
    assert backbone.preprocessing == preprocessing_of("pixels", SIZE)
    check(backbone, keras.Model(model.input, model.layers[-3].output), images(SIZE))


def test_an_architecture_by_name_holds_to_the_contract(tmp_path):
    keras = load_keras()
    from keras.src.legacy.saving import legacy_h5_format

    keras.utils.set_random_seed(0)
    whole = keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(32, 32, 3), pooling="avg")
    tiny_keras.scrambled(whole).save_weights(tmp_path / "given.weights.h5")
    given = spec("MobileNetV2", weights="given.weights.h5", image_size=32)
    assert backbone_problems(given, root=tmp_path) == []
    backbone = build_backbone(given, root=tmp_path)
    assert (backbone.num_stages, backbone.feature_width) == (9, 1280)
    assert sum(isinstance(module, BatchNorm2d) for module in backbone.modules()) == 52
    pixels = images(32) / 127.5 - 1
    backbone.eval()
    with torch.no_grad(), keras.device("cpu"):
        expected = whole(pixels.permute(0, 2, 3, 1), training=False)
        assert torch.allclose(backbone(pixels), expected, atol=TOLERANCE, rtol=TOLERANCE)
    assert float(expected.std()) > 0.01
    # The form in which Keras offers published weights.
    with h5py.File(tmp_path / "mobilenet_v2_no_top.h5", "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, whole)
    older = build_backbone(given.model_copy(update={"weights": "./mobilenet_v2_no_top.h5"}), root=tmp_path)
    assert stage_digests(older) == stage_digests(build_backbone(given, root=tmp_path))


def test_an_exported_architecture_is_made_again_from_its_text(tmp_path):
    torch.manual_seed(0)
    backbone = build_backbone(spec("ResNet50", weights="none", image_size=32), root=tmp_path).eval()
    (tmp_path / "architecture.json").write_text(backbone.architecture)
    again = build_architecture(spec("architecture.json"), root=tmp_path).eval()
    again.load_state_dict(backbone.state_dict(), assign=True)
    pixels = images(32, num=1)
    with torch.no_grad():
        assert torch.equal(again(pixels), backbone(pixels))
    assert again.preprocessing == backbone.preprocessing


def test_models_within_are_taken_apart_and_drawn_with_torchs_numbers(tmp_path):
    keras = load_keras()
    model = transferred()
    saved(model, tmp_path / "model.keras")
    backbone = build_backbone(spec("model.keras", options={"preprocessing": "pixels"}), root=tmp_path)
    assert (backbone.num_stages, backbone.feature_width) == (4, 8)
    assert all(parameter.requires_grad for parameter in backbone.parameters())
    pixels = images(SIZE)
    whole = keras.Model(model.input, model.layers[-2].output)
    backbone.eval()
    with torch.no_grad(), keras.device("cpu"):
        expected = whole(pixels.permute(0, 2, 3, 1), training=False)
        assert torch.allclose(backbone(pixels), expected, atol=TOLERANCE, rtol=TOLERANCE)
        drawn = []
        for seed in (1, 1, 2):
            torch.manual_seed(seed)
            drawn.append(copy.deepcopy(backbone).train()(pixels))
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.allclose(drawn[0], drawn[2])


def test_moving_statistics_follow_keras(tmp_path):
    model = residual()
    saved(model, tmp_path / "model.keras")
    backbone = build_backbone(spec("model.keras"), root=tmp_path).train()
    pixels = images(SIZE, num=16)
    with torch.no_grad(), load_keras().device("cpu"):
        backbone(pixels)
        model(pixels.permute(0, 2, 3, 1), training=True)
    layer, norm = model.get_layer("stem_bn"), next(m for m in backbone.modules() if isinstance(m, BatchNorm2d))
    assert torch.allclose(norm.running_mean, layer.moving_mean.value, atol=1e-6)
    # Torch's moves towards the variance over n - 1, of the 16 * 6 * 6 places of each channel.
    assert torch.allclose(norm.running_var, layer.moving_variance.value, rtol=1 / (16 * 36 - 1))


def test_random_weights_are_drawn_from_torchs_generator(tmp_path):
    saved(residual(), tmp_path / "model.keras", change=lambda config: fix_seeds(config, 7))
    built = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        built.append(build_backbone(spec("model.keras", weights="none"), root=tmp_path).state_dict())
    kernel = next(name for name in built[0] if name.endswith(".kernel"))
    assert torch.equal(built[0][kernel], built[1][kernel])
    assert not torch.equal(built[0][kernel], built[2][kernel])


def fix_seeds(config, seed):
    for layer in config["config"]["layers"]:
        if "kernel_initializer" in layer["config"]:
            layer["config"]["kernel_initializer"]["config"]["seed"] = seed


def test_a_model_on_rows_takes_columns(tmp_path):
    keras = load_keras()
    rows = torch.randn(50, 3) * 4 + 1
    standardize = keras.layers.Normalization()
    standardize.adapt(rows.numpy())
    dense = [keras.layers.Dense(width, "relu") for width in (8, 4)]
    model = keras.Sequential([keras.Input((3,)), standardize, *dense, keras.layers.Dense(1)])
    saved(model, tmp_path / "rows.keras")
    backbone = build_backbone(spec("rows.keras"), root=tmp_path).eval()
    assert (backbone.num_stages, backbone.feature_width, backbone.preprocessing.width) == (2, 4, 3)
    with torch.no_grad(), keras.device("cpu"):
        expected = keras.Model(model.inputs, model.layers[-2].output)(rows)
        assert torch.allclose(backbone(rows), expected, atol=TOLERANCE)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ResNet50", "caffe"), ("MobileNetV2", "tf"), ("DenseNet121", "torch"), ("EfficientNetB0", "pixels")],
)
def test_images_are_prepared_as_keras_prepares_them(name, expected):
    load_keras()
    assert way(name) == expected
    pixels = np.random.default_rng(0).integers(0, 256, (2, 5, 5, 3), dtype=np.uint8)
    prepare = sys.modules[getattr(load_keras().applications, name).__module__].preprocess_input
    ours = preprocessing_of(expected, 5).normalize(torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous())
    found = Entrance(is_bgr=is_bgr(expected))(ours)
    assert np.allclose(found.numpy(), prepare(pixels.astype(np.float32)), atol=1e-4)


def hostile(module, name, inner, registered=None):
    """Return a change of a saved config that puts another layer in the place of the first one behind the input."""

    def change(config):
        layer = config["config"]["layers"][1]
        layer.update(module=module, class_name=name, registered_name=registered)
        layer["config"] = {**inner, "name": "strange"}

    return change


SYSTEM = {"module": "os", "class_name": "function", "config": "system", "registered_name": "system"}
FETCH = {"module": "keras.utils", "class_name": "function", "config": "get_file", "registered_name": "get_file"}
CODE = {"class_name": "__lambda__", "config": {"value": "4wEAAAA="}}
UNSAFE = {"module": "keras.config", "class_name": "enable_unsafe_deserialization", "config": {}}
UNNAMED = {"class_name": "Lambda", "config": {"function": "x"}}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (hostile("keras.layers", "Lambda", {"function": CODE}), r"keras.layers.Lambda (layer 'strange')"),
        (hostile("builtins", "Own", {}, "package>Own"), "builtins.Own (layer 'strange')"),
        (hostile("keras.layers", "Activation", {"activation": SYSTEM}), "system (layer 'strange')"),
        (hostile("keras.layers", "Activation", {"activation": FETCH}), "get_file (layer 'strange')"),
        (hostile("keras.layers", "Activation", {"activation": UNSAFE}), "enable_unsafe_deserialization"),
        (hostile("keras.layers", "Activation", {"activation": CODE}), "__lambda__ (layer 'strange')"),
        (hostile("keras.layers", "Dense", {"units": 2}, "package>Own"), "keras.layers.Dense (layer 'strange')"),
        (hostile("keras.layers", "StringLookup", {"vocabulary": "/etc/passwd"}), "StringLookup"),
        (hostile("keras.layers", "TFSMLayer", {"filepath": "x"}), "TFSMLayer"),
        (lambda config: config["config"]["layers"].append(UNNAMED), "Lambda"),
        (lambda config: config.update(UNSAFE), "enable_unsafe_deserialization"),
        (lambda config: config["config"].update(layers=[]), "makes no model"),
        (lambda config: config.pop("config"), "makes no model"),
        (hostile("keras.layers", "Dense", {"units": "many"}), "makes no model"),
    ],
)
def test_a_file_with_more_than_known_layers_is_refused_unmade(change, said, tmp_path):
    saved(residual(), tmp_path / "model.keras", change=change)
    [problem] = backbone_problems(spec("model.keras"), root=tmp_path)
    assert said in problem.message
    assert problem.location == ("source",)
    assert load_keras().src.saving.serialization_lib.in_safe_mode() is None


def test_a_config_that_asks_for_more_memory_than_the_file_has_weights_is_refused(tmp_path):
    def widen(config):
        config["config"]["layers"][-1]["config"]["units"] = 10**9

    saved(residual(), tmp_path / "model.keras", change=widen)
    [problem] = backbone_problems(spec("model.keras"), root=tmp_path)
    assert "parameters, but" in problem.message


def test_how_a_model_was_trained_is_of_no_account(tmp_path):
    model = residual()
    model.compile(loss=lambda truth, given: truth - given, optimizer="adam")
    saved(model, tmp_path / "model.keras")
    assert backbone_problems(spec("model.keras"), root=tmp_path) == []


def test_weights_that_are_not_in_the_file_are_not_read(tmp_path):
    (tmp_path / "other").write_bytes(bytes(1000))
    residual().save_weights(tmp_path / "given.weights.h5")
    with h5py.File(tmp_path / "given.weights.h5", "r+") as file:
        group = file["layers/conv2d/vars"]
        del group["1"]
        group.create_dataset("1", (6,), "f4", external=[(str(tmp_path / "other"), 0, 24)])
    saved(residual(), tmp_path / "model.keras")
    [problem] = backbone_problems(spec("model.keras", weights="given.weights.h5"), root=tmp_path)
    assert "external" in problem.message
    assert problem.location == ("weights",)


@pytest.mark.parametrize(
    ("given", "location", "said"),
    [
        (
            {"source": "keras:MobilNetV2"},
            "source",
            "unknown model of keras.applications 'MobilNetV2' (did you mean",
        ),
        ({"source": "keras:model.h5"}, "source", "must be a .keras file"),
        ({"source": "keras:none.keras"}, "source", "no such file"),
        ({"source": "keras:damaged.keras"}, "source", "BadZipFile"),
        ({"source": "keras:plain.keras"}, "options.preprocessing", "one of pixels, unit, tf, torch, caffe"),
        ({"source": "keras:model.keras", "options": {"preprocessing": "tff"}}, "options.preprocessing", "did you mean"),
        ({"source": "keras:model.keras", "options": {"a": 1}}, "options.a", "takes preprocessing"),
        ({"source": "keras:MobileNetV2", "options": {"a": 1}}, "options.a", "takes no options"),
        ({"source": "keras:model.keras", "image_size": 9}, "image_size", "takes images of 12 pixels, not of 9"),
        ({"source": "keras:model.keras", "weights": "a.pth"}, "weights", "must be a .weights.h5, .h5 or .keras"),
        ({"source": "keras:model.keras", "weights": "plain.keras"}, "weights", "of another model"),
        ({"source": "keras:MobileNetV2", "weights": "imagnet"}, "weights", "did you mean imagenet"),
        ({"source": "keras:MobileNetV2", "weights": "none", "image_size": 8}, "image_size", "of 8 pixels"),
        ({"source": "keras:grey.keras"}, "source", "inputs of shape (8, 8, 1)"),
    ],
)
def test_what_is_wrong_is_said(given, location, said, tmp_path):
    keras = load_keras()
    saved(residual(), tmp_path / "model.keras")
    for name, channels in (("plain", 3), ("grey", 1)):
        one = [keras.Input((8, 8, channels)), keras.layers.Conv2D(2, 3), keras.layers.Dense(3)]
        saved(keras.Sequential(one), tmp_path / f"{name}.keras")
    (tmp_path / "damaged.keras").write_bytes(b"PK not a model")
    found = backbone_problems(BackboneSpec.model_validate({"name": "x", **given}), root=tmp_path)
    assert [".".join(map(str, problem.location)) for problem in found] == [location]
    assert said in found[0].message


def test_keras_on_another_backend_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(load_keras().backend, "backend", lambda: "jax")
    [problem] = backbone_problems(spec("VGG16", weights="none"), root=tmp_path)
    assert "its backend 'jax'" in problem.message
    assert "KERAS_BACKEND=torch" in problem.message


def test_it_runs_on_torch_whatever_a_process_is_told_and_leaves_that_as_it_was():
    code = (
        "import os, sys; from study.parts.backbones import build_backbone; assert 'keras' not in sys.modules\n"
        "from study.parts.backbones.keras_models.library import load_keras\n"
        "print(load_keras().backend.backend(), os.environ['KERAS_BACKEND'])"
    )
    given = {**os.environ, "KERAS_BACKEND": "tensorflow"}
    done = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True)
    assert done.stdout.split() == ["torch", "tensorflow"], done.stderr
