"""What both sides train: a ResNet-18 whose weights lie in a file, on photographs of solar cells.

The weights are random: what is compared is speed, and the time to a metric that both sides reach.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torchvision
from numpy.typing import NDArray
from torchvision.transforms.v2 import functional as transforms

from study.parts.tasks.sources import elpv

IMAGE_SIZE = 64
NUM_IMAGES = 560
WEIGHTS, IMAGES = "resnet18.pth", "images.npz"


def write(folder: Path) -> None:
    """Write the weights, and the images with both their labels, decoded and resized."""
    torch.manual_seed(0)
    torch.save(torchvision.models.resnet18().state_dict(), folder / WEIGHTS)
    found = elpv.load(None, root=folder, targets=("defect", "type"))
    chosen = np.random.default_rng(0).permutation(len(found.labels["defect"].values))[:NUM_IMAGES]
    size = [IMAGE_SIZE, IMAGE_SIZE]
    pixels = np.stack([transforms.resize(found.inputs.read(int(i)), size).numpy() for i in chosen])
    labels = {name: found.labels[name].values[chosen] for name in ("defect", "type")}
    np.savez(folder / IMAGES, pixels=pixels, **labels)


def read(folder: Path) -> tuple[NDArray[np.uint8], dict[str, NDArray[np.int64]]]:
    """Return the images, (N, 3, size, size), and their labels by task."""
    found = np.load(folder / IMAGES)
    return found["pixels"], {name: found[name] for name in ("defect", "type")}
