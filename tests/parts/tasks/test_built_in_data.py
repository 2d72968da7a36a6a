from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch

from study.parts.tasks import list_data, register_data
from study.parts.tasks.registry import find_entry
from study.values.problems import InputError

torch.set_num_threads(1)

CASES = {
    "digits": {
        "shape": (3, 8, 8),
        "targets": {"digit": dict(zip("0123456789", (178, 182, 177, 183, 181, 182, 181, 179, 174, 180), strict=True))},
    },
    "elpv": {
        "shape": (3, 300, 300),
        "targets": {"defect": {"functional": 1803, "defective": 821}, "type": {"mono": 1074, "poly": 1550}},
    },
}


@pytest.mark.parametrize("name", CASES)
def test_counts_shapes_and_classes(name, load):
    data = load(name, targets=tuple(CASES[name]["targets"]))
    for target, counts in CASES[name]["targets"].items():
        labels = data.labels[target]
        assert labels.values.dtype == np.int64
        assert dict(zip(labels.classes, np.bincount(labels.values).tolist(), strict=True)) == counts
        assert len(data.inputs) == sum(counts.values())
    for index in (0, len(data.inputs) - 1):
        image = data.inputs.read(index)
        assert image.dtype == torch.uint8
        assert image.shape == CASES[name]["shape"]
        assert torch.equal(image[0], image[2])
    assert data.split is None


def test_digits_span_all_brightness(load):
    images = load("digits").inputs
    levels = torch.stack([images.read(index) for index in range(100)])
    assert (levels.min(), levels.max()) == (0, 255)


def test_the_licence_stands_where_data_is_offered(load):
    entries = {entry.name: entry for entry in list_data()}
    assert {"arrays", "digits", "elpv", "folder", "manifest", "torchvision"} <= entries.keys()
    assert "CC BY-NC-SA 4.0" in entries["elpv"].licence
    assert "CC BY-NC-SA 4.0" in load("elpv", targets=("type",)).licence
    assert entries["elpv"].targets == ("defect", "type")
    assert entries["manifest"].usage == "manifest:PATH"
    assert all(entry.summary for entry in entries.values())


def test_elpv_without_its_package_says_what_to_install():
    code = (
        "import sys; sys.modules['elpv_dataset'] = None\n"
        "from pathlib import Path\n"
        "from study.parts.tasks.loading import load_data\n"
        "from study.values.problems import InputError\n"
        "try: load_data('elpv', {}, ['type'], root=Path('.'))\n"
        "except InputError as error: print(error)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert "pip install pretrained-study[quickstart]" in said


def test_a_name_is_registered_once():
    with pytest.raises(ValueError, match="'digits' is registered twice"):
        register_data("digits", summary="again")(lambda argument, *, root, targets: None)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("digits:8", "nothing stands behind the colon"),
        ("folder", "write folder:PATH"),
        ("folder:", "write folder:PATH"),
    ],
)
def test_what_stands_behind_the_colon_is_checked(data, words):
    with pytest.raises(InputError, match=words):
        find_entry(data)


@pytest.mark.parametrize(
    ("data", "options", "words"),
    [
        ("elvp", {}, "unknown data 'elvp' .did you mean elpv"),
        ("torchvison:CIFAR10", {}, "unknown data 'torchvison' .did you mean torchvision"),
        ("digits", {"folder": "x"}, "unknown option of digits 'folder'"),
        ("torchvision:CIFAR10", {}, "torchvision needs the option 'folder'"),
        ("torchvision:CIFAR10", {"folder": 3}, "option 'folder' of torchvision is 3: Input should be a valid string"),
        ("torchvision:CIFAR11", {"folder": "x"}, "unknown data set of torchvision 'CIFAR11' .did you mean CIFAR1"),
    ],
)
def test_wrong_names_and_options_are_told(data, options, words, load):
    with pytest.raises(InputError, match=words):
        load(data, **options)
