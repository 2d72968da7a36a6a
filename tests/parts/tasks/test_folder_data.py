from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from PIL import Image

from study.values.problems import InputError


def test_a_subfolder_a_class(paint, load):
    paint("data/dog/a.png", 10)
    paint("data/cat/b.JPG", 20)
    paint("data/cat/deeper/c.png", 30, mode="L", size=(9, 5))
    paint("data/.hidden/d.png")
    data = load("folder:data")
    assert data.labels["label"].classes == ("cat", "dog")
    assert data.labels["label"].values.tolist() == [0, 0, 1]
    assert data.split is None
    assert data.inputs.read(1).shape == (3, 5, 9)
    assert data.inputs.read(2).unique().tolist() == [10]
    assert data.inputs.place(2).endswith("dog/a.png")


@pytest.mark.parametrize("validation", ["val", "valid", "validation"])
def test_own_splits(validation, paint, load):
    for split, count in {"train": 3, validation: 2, "test": 1}.items():
        for number in range(count):
            paint(f"data/{split}/cat/{number}.png")
            paint(f"data/{split}/dog/{number}.png")
    data = load("folder:data")
    names, counts = np.unique(data.split, return_counts=True)
    assert dict(zip(names.tolist(), counts.tolist(), strict=True)) == {"train": 6, "validation": 4, "test": 2}
    assert data.labels["label"].classes == ("cat", "dog")
    assert "/train/" in data.inputs.place(int(np.flatnonzero(data.split == "train")[0]))


def test_train_alone_is_no_split_of_its_own(paint, load):
    paint("data/train/cat/a.png")
    assert load("folder:data").split is None


def test_a_class_named_train_stays_a_class(paint, load):
    paint("data/train/a.png")
    paint("data/plane/a.png")
    assert load("folder:data").labels["label"].classes == ("plane", "train")


def test_numbered_classes_are_in_order_of_number(paint, load):
    for name in ("10", "9", "1"):
        paint(f"data/{name}/a.png")
    assert load("folder:data").labels["label"].classes == ("1", "9", "10")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_every_usual_mode_becomes_three_channels(mode, tmp_path, load):
    grey = np.tile(np.array([0, 255], np.uint8), (4, 3))
    image = Image.fromarray(grey.astype(np.uint16) * 257) if mode == "I;16" else Image.fromarray(grey).convert(mode)
    (tmp_path / "data/only").mkdir(parents=True)
    image.save(tmp_path / "data/only/a.png")
    read = load("folder:data").inputs.read(0)
    assert torch.equal(read, torch.from_numpy(grey).expand(3, -1, -1))


def test_pixels_that_fit_no_byte_are_refused_with_the_path(tmp_path, load):
    (tmp_path / "data/only").mkdir(parents=True)
    Image.fromarray(np.ones((4, 4), np.float32)).save(tmp_path / "data/only/a.tiff")
    with pytest.raises(InputError, match=r"a\.tiff.*mode 'F'"):
        load("folder:data").inputs.read(0)


def test_a_damaged_image_is_told_by_path_when_read(paint, tmp_path, load):
    file = tmp_path / paint("data/cat/torn.png", size=(60, 60))
    file.write_bytes(file.read_bytes()[:60])
    data = load("folder:data")
    with pytest.raises(InputError, match=r"cannot read the image .*data/cat/torn\.png"):
        data.inputs.read(0)


def test_the_digest_changes_with_the_files(paint, tmp_path, load):
    paint("data/cat/a.png", 10)
    first = load("folder:data").inputs.digest
    assert load("folder:data").inputs.digest == first
    os.utime(tmp_path / "data/cat/a.png", ns=(1, 1))
    touched = load("folder:data").inputs.digest
    paint("data/cat/b.png", 10)
    assert len({first, touched, load("folder:data").inputs.digest}) == 3


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "no such folder"),
        (["data/a.png"], "holds no subfolder"),
        (["data/cat/a.png", "data/dog/notes.txt"], "no image in the class dog"),
        (["data/train/cat/a.png", "data/tset/cat/a.png"], "tset should be one of train"),
        (["data/train/cat/a.png", "data/val/cat/a.png", "data/valid/cat/a.png"], "one split under two names"),
    ],
)
def test_folders_of_another_form_are_told(files, words, tmp_path, paint, load):
    for file in files:
        if file.endswith(".png"):
            paint(file)
        else:
            (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / file).write_text("no image")
    with pytest.raises(InputError, match=words):
        load("folder:data")
