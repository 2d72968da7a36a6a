"""What a model of Keras expects of its images: the ways of `keras.applications`, by their names there."""

from __future__ import annotations

from typing import Any

from study.parts.preprocessing import Preprocessing

_LEVELS = 255.0

WITHIN = "pixels"
"""0 to 255: the model itself, or nothing, does the rest."""

WAYS: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    WITHIN: ((0.0, 0.0, 0.0), (1 / _LEVELS, 1 / _LEVELS, 1 / _LEVELS)),
    "unit": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    "tf": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "torch": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "caffe": (
        (123.68 / _LEVELS, 116.779 / _LEVELS, 103.939 / _LEVELS),
        (1 / _LEVELS, 1 / _LEVELS, 1 / _LEVELS),
    ),
}
"""Mean and standard deviation of red, green and blue scaled to [0, 1], by name: `pixels` gives 0 to 255, `unit` 0 to 1,
`tf` -1 to 1, `torch` and `caffe` are what those were trained with on ImageNet."""


def is_bgr(way: str) -> bool:
    """Whether the model takes blue first."""
    return way == "caffe"


def preprocessing_of(way: str, image_size: int) -> Preprocessing:
    """Return what is done to images of a size in pixels."""
    mean, std = WAYS[way]
    return Preprocessing(image_size=image_size, mean=mean, std=std)


def way_of(preprocess_input: Any) -> str | None:
    """Return the way that a function of `keras.applications` prepares images; None where it is none of them.

    Args:
        preprocess_input: Takes an array (N, H, W, 3) of pixels of 0 to 255.
    """
    import numpy as np

    probes = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]], dtype=np.float32).reshape(4, 1, 1, 3)
    found = np.asarray(preprocess_input(probes.copy())).reshape(4, 3)
    for way, (mean, std) in WAYS.items():
        expected = (probes.reshape(4, 3) / _LEVELS - np.array(mean)) / np.array(std)
        if np.allclose(found, expected[:, ::-1] if is_bgr(way) else expected, atol=1e-4):
            return way
    return None
