from __future__ import annotations

import inspect
import struct

import numpy as np
import pytest
import torch
from torchvision import datasets

from study.parts.tasks.sources.torchvision_sets import SETS
from study.values.problems import InputError


@pytest.mark.parametrize("name", SETS)
def test_every_set_is_opened_as_torchvision_defines_it(name):
    constructor = inspect.signature(getattr(datasets, name))
    for split, arguments in SETS[name].items():
        assert split in ("train", "validation", "test")
        constructor.bind(root="x", **arguments)


@pytest.mark.parametrize("name", SETS)
def test_absent_data_says_where_it_was_looked_for(name, load):
    with pytest.raises(InputError, match=rf"{name} is not in .*nowhere, or not whole.*(download: true|cannot)"):
        load(f"torchvision:{name}", folder="nowhere")


def test_a_download_that_fails_is_told(load, monkeypatch):
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"cannot download MNIST to .*here"):
        load("torchvision:MNIST", folder="here", download=True)


def test_a_set_without_download_cannot_be_told_to(load):
    with pytest.raises(InputError, match="torchvision cannot download ImageNet"):
        load("torchvision:ImageNet", folder="here", download=True)


def write_mnist(folder, images, labels, part):
    folder.mkdir(parents=True, exist_ok=True)
    header = struct.pack(">IIII", 0x803, *images.shape)
    (folder / f"{part}-images-idx3-ubyte").write_bytes(header + images.tobytes())
    (folder / f"{part}-labels-idx1-ubyte").write_bytes(struct.pack(">II", 0x801, len(labels)) + labels.tobytes())


def test_a_set_in_memory_with_its_own_test_split(tmp_path, load):
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (30, 28, 28), np.uint8)
    labels = generator.integers(0, 10, 30).astype(np.uint8)
    write_mnist(tmp_path / "sets/FashionMNIST/raw", images[:20], labels[:20], "train")
    write_mnist(tmp_path / "sets/FashionMNIST/raw", images[20:], labels[20:], "t10k")
    data = load("torchvision:FashionMNIST", folder="sets")
    assert data.split.tolist() == ["train"] * 20 + ["test"] * 10
    assert data.labels["label"].values.tolist() == labels.tolist()
    assert data.labels["label"].classes[0] == "T-shirt/top"
    assert torch.equal(data.inputs.read(25)[1], torch.from_numpy(images[25]))
    assert data.inputs.digest == load("torchvision:FashionMNIST", folder="sets").inputs.digest


def test_a_set_of_files_with_three_splits(paint, tmp_path, load):
    (tmp_path / "dtd/dtd/labels").mkdir(parents=True)
    for split, numbers in {"train": (0, 1), "val": (2,), "test": (3,)}.items():
        names = [f"{kind}/{number}.png" for kind in ("dotted", "woven") for number in numbers]
        for name in names:
            paint(f"dtd/dtd/images/{name}")
        (tmp_path / f"dtd/dtd/labels/{split}1.txt").write_text("\n".join(names))
    data = load("torchvision:DTD", folder=".")
    assert data.split.tolist() == ["train"] * 4 + ["validation"] * 2 + ["test"] * 2
    assert data.labels["label"].classes == ("dotted", "woven")
    assert data.labels["label"].values.tolist() == [0, 0, 1, 1, 0, 1, 0, 1]
    assert data.inputs.read(0).shape == (3, 4, 6)


def test_a_set_without_splits_has_none(paint, load):
    for kind in ("Forest", "River"):
        paint(f"eurosat/2750/{kind}/1.png")
    data = load("torchvision:EuroSAT", folder=".")
    assert data.split is None
    assert data.labels["label"].classes == ("Forest", "River")


def test_a_damaged_file_is_told_by_position_when_read(paint, tmp_path, load):
    for number in range(6):
        paint(f"eurosat/2750/Forest/{number}.png")
        paint(f"eurosat/2750/River/{number}.png")
    (tmp_path / "eurosat/2750/River/1.png").write_bytes(b"no image")
    data = load("torchvision:EuroSAT", folder=".")
    with pytest.raises(InputError, match="cannot read item 7 of EuroSAT train"):
        data.inputs.read(7)
