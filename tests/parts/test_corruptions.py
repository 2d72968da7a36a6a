"""Corruptions stay images, and get worse with severity."""

import pytest
import torch
from sklearn.datasets import load_sample_image
from torch.nn.functional import interpolate

from study.parts.corruptions import CORRUPTIONS, SEVERITIES


@pytest.fixture(scope="module")
def photographs():
    pixels = torch.from_numpy(load_sample_image("china.jpg").copy()).permute(2, 0, 1)[None].float() / 255
    return interpolate(pixels, size=(48, 48), mode="area").repeat(2, 1, 1, 1)


@pytest.mark.parametrize("name", CORRUPTIONS)
@pytest.mark.parametrize("size", [48, 7])
def test_images_stay_images_and_differ_more_and_more(photographs, name, size):
    images = interpolate(photographs, size=(size, size), mode="area")
    before, distances = images.clone(), []
    for severity in SEVERITIES:
        torch.manual_seed(0)
        corrupted = CORRUPTIONS[name](images, severity)
        assert corrupted.shape == images.shape
        assert corrupted.min() >= -1e-6
        assert corrupted.max() <= 1 + 1e-6
        distances.append((corrupted - images).abs().mean().item())
    assert torch.equal(images, before), "not in place"
    assert distances[-1] > distances[0] * 1.2 or size == 7
    assert distances == sorted(distances) or size == 7
    assert distances[0] > 0 or size == 7
