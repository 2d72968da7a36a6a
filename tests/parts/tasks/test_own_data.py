from __future__ import annotations

import textwrap

import numpy as np
import pytest
import torch

from study.parts.tasks.data import MISSING
from study.values.problems import InputError

OWN = """
import numpy as np
import torch
from PIL import Image
from torch.utils.data import Dataset, IterableDataset
from study import LabelledInputs, Labels, InputError

PIXELS = (np.arange(6 * 4 * 5, dtype=np.uint8)).reshape(6, 4, 5)
KINDS = np.array([0, 1, 0, 1, 2, -1])


class Pairs(Dataset):
    def __init__(self, labels, make=lambda pixels: pixels, targets=None, classes=None):
        self.labels_, self.make = labels, make
        if targets is not None:
            self.targets = targets
        if classes is not None:
            self.classes = classes
        self.reads = 0

    def __len__(self):
        return len(self.labels_)

    def __getitem__(self, index):
        self.reads += 1
        return self.make(PIXELS[index]), self.labels_[index]


class Stream(IterableDataset):
    def __iter__(self):
        yield from ()


def arrays(count=6): return PIXELS[:count], KINDS[:count]
def tensors(): return torch.from_numpy(PIXELS)[:, None], torch.from_numpy(KINDS)
def several(): return PIXELS, {"kind": KINDS, "word": ["a", "b", "a", "b", "", "b"]}
def pil(): return Pairs(KINDS.tolist(), Image.fromarray)
def uint8_tensor(): return Pairs([torch.tensor(k) for k in KINDS], lambda pixels: torch.from_numpy(pixels)[None])
def named(): return Pairs([0, 1, 0, 1, 2, 0], classes=["ant", "bee", "cow"])
def dicts(): return Pairs([{"kind": int(k), "flag": bool(k > 0)} for k in KINDS])
def kept(): return Pairs([0, 1, 0, 1, 2, 0], targets=[0, 1, 0, 1, 2, 0])
def transformed(): return Pairs([1, 2, 1, 2, 3, 1], targets=[0, 1, 0, 1, 2, 0])
def labelled():
    from study.parts.tasks.images import ArrayImages
    labels = Labels(values=KINDS, classes=("x", "y", "z"))
    return LabelledInputs(inputs=ArrayImages(PIXELS, source="mine"), labels={"kind": labels}, licence="CC0")
def splits():
    validation = Pairs([0, 1], classes=["a", "b"])
    return {"train": (PIXELS[:3], ["b", "a", "c"]), "val": validation, "test": (PIXELS[:1], ["b"])}

def nothing(): return None
def stream(): return Stream()
def only_images(): return PIXELS
def three(): return PIXELS, KINDS, KINDS
def floats(): return PIXELS / 255, KINDS
def short(): return PIXELS, KINDS[:4]
def strange_split(): return {"train": arrays(), "tset": arrays()}
def no_train(): return {"test": arrays()}
def other_targets(): return {"train": several(), "test": arrays()}
def float_items(): return Pairs(KINDS.tolist(), lambda pixels: torch.from_numpy(pixels) / 255)
def triples():
    class Triples(Pairs):
        def __getitem__(self, index): return PIXELS[index], 0, 0
    return Triples([0] * 6)
def raising(): raise ZeroDivisionError("oh")
def refusing(): raise InputError("put the licence key into KEY")
def beyond():
    from study.parts.tasks.images import ArrayImages
    return LabelledInputs(inputs=ArrayImages(PIXELS, source="mine"), labels={"y": Labels(values=KINDS, classes=("x",))})
"""

PIXELS = np.arange(6 * 4 * 5, dtype=np.uint8).reshape(6, 4, 5)


@pytest.fixture
def own(tmp_path, load):
    (tmp_path / "mine.py").write_text(textwrap.dedent(OWN))
    return lambda name, targets=(None,), **options: load(f"mine.py:{name}", targets, **options)


@pytest.mark.parametrize("name", ["arrays", "tensors", "pil", "uint8_tensor"])
def test_one_label_an_image(name, own):
    data = own(name)
    assert list(data.labels) == ["label"]
    assert data.labels["label"].classes == ("0", "1", "2")
    assert data.labels["label"].values.tolist() == [0, 1, 0, 1, 2, MISSING]
    for index in (0, 5):
        assert torch.equal(data.inputs.read(index), torch.from_numpy(PIXELS[index]).expand(3, -1, -1))


def test_several_labels_an_image(own):
    assert list(own("several", ("kind", "word")).labels) == ["kind", "word"]
    assert own("several", ("word",)).labels["word"].values.tolist() == [0, 1, 0, 1, MISSING, 1]
    data = own("dicts", ("kind", "flag"))
    assert data.labels["kind"].values.tolist() == [0, 1, 0, 1, 2, MISSING]
    assert data.labels["flag"].classes == ("False", "True")


def test_class_names_of_a_dataset_are_kept(own):
    labels = own("named").labels["label"]
    assert labels.classes == ("ant", "bee", "cow")
    assert labels.values.tolist() == [0, 1, 0, 1, 2, 0]


def test_kept_targets_save_reading_every_image_unless_they_differ_from_the_items(own):
    data = own("kept")
    assert data.labels["label"].classes == ("0", "1", "2")
    assert data.inputs.dataset.reads <= 6
    assert own("transformed").labels["label"].classes == ("1", "2", "3")


def test_labelled_images_are_taken_as_they_are(own):
    data = own("labelled")
    assert data.labels["kind"].classes == ("x", "y", "z")
    assert data.licence == "CC0"


def test_a_dict_of_splits_joins_classes_by_name(own):
    data = own("splits")
    assert data.split.tolist() == ["train"] * 3 + ["validation"] * 2 + ["test"]
    assert data.labels["label"].classes == ("a", "b", "c")
    assert data.labels["label"].values.tolist() == [1, 0, 2, 0, 1, 1]
    assert torch.equal(data.inputs.read(4)[0], torch.from_numpy(PIXELS[1]))
    assert "item 1 of mine.py:splits val" in data.inputs.place(4)


def test_options_are_the_functions_arguments(own):
    assert len(own("arrays", count=4).inputs) == 4
    with pytest.raises(InputError, match=r"unknown option of mine\.py:arrays 'cuont' .did you mean count"):
        own("arrays", cuont=4)


def test_digests_tell_data_sets_apart(own):
    digests = {name: own(name).inputs.digest for name in ("arrays", "pil", "named", "kept")}
    assert len(set(digests.values())) == len(digests)
    assert own("pil").inputs.digest == digests["pil"]
    assert own("arrays", count=4).inputs.digest != digests["arrays"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing", "returned a NoneType; return .images, labels."),
        ("stream", "returned an IterableDataset"),
        ("only_images", "returned a ndarray; return"),
        ("three", "returned a tuple of 3; return"),
        ("floats", "float64; give uint8"),
        ("short", r"shape \(4,\), but there are 6 examples"),
        ("strange_split", "dict of 'train', 'tset', not of train, validation and test"),
        ("no_train", "dict of 'test', not of train"),
        ("other_targets", "splits with different targets: kind, word and label"),
        ("triples", "item 0 of mine.py:triples is no pair"),
        ("raising", "mine.py:raising raised ZeroDivisionError: oh"),
        ("refusing", "^put the licence key into KEY$"),
        ("beyond", "labels of 'y' run from -1 to 2, outside its 1 classes"),
        ("absent", "unknown function of mine.py 'absent'"),
    ],
)
def test_what_is_not_allowed_is_told(name, words, own):
    with pytest.raises(InputError, match=words):
        own(name)


def test_float_pixels_are_told_by_item_when_read(own):
    with pytest.raises(InputError, match=r"cannot read item 2 of mine\.py:float_items: pixels are float32, not uint8"):
        own("float_items").inputs.read(2)
