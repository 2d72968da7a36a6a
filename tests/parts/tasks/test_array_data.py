from __future__ import annotations

import numpy as np
import pytest
import torch

from study.parts.tasks.data import MISSING
from study.values.problems import InputError


@pytest.fixture
def save(tmp_path):
    def save(**arrays: object) -> str:
        np.savez(tmp_path / "data.npz", **arrays)
        return "arrays:data.npz"

    return save


@pytest.mark.parametrize("shape", [(4, 8, 6), (4, 8, 6, 1), (4, 8, 6, 3), (4, 1, 8, 6), (4, 3, 8, 6)])
def test_every_layout_is_read_as_three_channels_first(shape, save, load):
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    data = load(save(images=array, y=[0, 1, 0, 1]))
    image = array[2]
    if image.ndim == 2:
        image = image[None]
    elif image.shape[-1] in (1, 3):
        image = image.transpose(2, 0, 1)
    assert torch.equal(data.inputs.read(2), torch.from_numpy(np.broadcast_to(image, (3, 8, 6)).copy()))


def test_a_read_image_is_a_copy(save, load):
    images = load(save(images=np.zeros((2, 4, 4), np.uint8), y=[0, 1])).inputs
    images.read(0).fill_(9)
    assert images.read(0).sum() == 0


def test_other_arrays_are_targets(save, load):
    pixels = np.zeros((4, 4, 4), np.uint8)
    table = {"number": [3, -1, 20, 3], "word": ["b", "", "a", "b"], "flag": [True, False, True, True]}
    data = load(save(images=pixels, split=["train", "train", "val", "test"], **table), targets=tuple(table))
    assert data.labels["number"].classes == ("3", "20")
    assert data.labels["number"].values.tolist() == [0, MISSING, 1, 0]
    assert data.labels["word"].values.tolist() == [1, MISSING, 0, 1]
    assert data.labels["flag"].classes == ("False", "True")
    assert data.split.tolist() == ["train", "train", "validation", "test"]


def test_the_digest_is_of_pixels(save, load):
    pixels = np.zeros((4, 4, 4), np.uint8)
    first = load(save(images=pixels, y=[0, 1, 0, 1])).inputs.digest
    assert load(save(images=pixels, y=[1, 1, 0, 1])).inputs.digest == first
    assert load(save(images=pixels.reshape(4, 2, 8), y=[0, 1, 0, 1])).inputs.digest != first
    pixels[3, 3, 3] = 1
    assert load(save(images=pixels, y=[0, 1, 0, 1])).inputs.digest != first


PIXELS = np.zeros((4, 4, 4), np.uint8)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"images": PIXELS / 255, "y": [0, 1, 0, 1]}, "float64; give uint8"),
        ({"images": PIXELS[:, 0], "y": [0, 1, 0, 1]}, r"shape \(4, 4\); give \(N, H, W\)"),
        ({"images": np.zeros((4, 4, 4, 2), np.uint8), "y": [0, 1, 0, 1]}, "no axis is its 1 or 3 channels"),
        ({"images": np.zeros((4, 3, 3, 3), np.uint8), "y": [0, 1, 0, 1]}, "both the first and the last axis"),
        ({"image": PIXELS, "y": [0, 1, 0, 1]}, "needs the array 'images'.*did you mean image"),
        ({"images": PIXELS, "y": [0, 1, 0]}, r"y has shape \(3,\), but there are 4 images"),
        ({"images": PIXELS, "y": [0, 1, 0, 1], "z": [0, 1, 0, 1]}, r"2 targets \(y, z\)"),
        ({"images": PIXELS}, r"0 targets \(none\)"),
        ({"images": PIXELS, "y": np.array([{}, 1, 0, 1], dtype=object)}, "cannot read .*data.npz.*pickle"),
        ({"images": PIXELS, "y": [0, 1, 0, 1], "split": ["train", "tset", "test", "val"]}, "'tset' .position 1"),
    ],
)
def test_arrays_of_another_form_are_told(arrays, words, save, load):
    with pytest.raises(InputError, match=words):
        load(save(**arrays))


@pytest.mark.parametrize(
    ("name", "words"), [("gone.npz", "no such file"), ("a.npy", "from an .npz file"), ("torn.npz", "cannot read")]
)
def test_files_that_are_no_archive_are_told(name, words, tmp_path, load):
    (tmp_path / "torn.npz").write_bytes(b"PK no zip")
    with pytest.raises(InputError, match=words):
        load(f"arrays:{name}")
