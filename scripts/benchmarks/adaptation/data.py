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
WEIGHTS, IMAGES, LABELS = "resnet18.pth", "images.npy", "labels.npz"


def write(folder: Path, num_images: int = NUM_IMAGES) -> None:
    """Write the weights, and the images with both their labels, decoded and resized.

    More images than NUM_IMAGES are the same ones over again, each with noise of its own.
    """
    torch.manual_seed(0)
    torch.save(torchvision.models.resnet18().state_dict(), folder / WEIGHTS)
    found = elpv.load(None, root=folder, targets=("defect", "type"))
    chosen = np.random.default_rng(0).permutation(len(found.labels["defect"].values))[:NUM_IMAGES]
    size = [IMAGE_SIZE, IMAGE_SIZE]
    pixels = np.stack([transforms.resize(found.inputs.read(int(i)), size).numpy() for i in chosen])
    labels = {name: found.labels[name].values[chosen] for name in ("defect", "type")}
    again = np.arange(num_images) % NUM_IMAGES
    kept = np.lib.format.open_memmap(folder / IMAGES, "w+", np.uint8, (num_images, *pixels.shape[1:]))
    noise = np.random.default_rng(1)
    for position, image in enumerate(again):
        changed = noise.integers(0, 3, pixels.shape[1:]) if position >= NUM_IMAGES else 0
        kept[position] = (pixels[image] + changed).clip(0, 255)
    kept.flush()
    np.savez(folder / LABELS, **{name: values[again] for name, values in labels.items()})


def read(folder: Path) -> tuple[NDArray[np.uint8], dict[str, NDArray[np.int64]]]:
    """Return the images, (N, 3, size, size), mapped from the disk, and their labels by task."""
    found = np.load(folder / LABELS)
    return np.load(folder / IMAGES, mmap_mode="c"), {name: found[name] for name in ("defect", "type")}
