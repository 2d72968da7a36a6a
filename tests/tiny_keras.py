"""Models of Keras of a few hundred parameters, saved as a person saves them."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from study.parts.backbones.keras_models.library import load_keras

SIZE = 12
"""Height and width in pixels of their images."""


def residual(*, dropout: float = 0.0, classes: int | None = 3) -> Any:
    """Return a functional model with branches that are added and joined, on pixels of 0 to 255."""
    keras = load_keras()
    layers = keras.layers
    images = keras.Input((SIZE, SIZE, 3))
    x = layers.Rescaling(1 / 127.5, offset=-1)(images)
    x = layers.Conv2D(6, 3, strides=2, padding="same", name="stem_conv")(x)
    x = layers.BatchNormalization(momentum=0.9, name="stem_bn")(x)
    x = entry = layers.ReLU(6, name="stem_relu")(x)
    x = layers.DepthwiseConv2D(3, padding="same", name="block_1_depthwise")(x)
    x = layers.BatchNormalization(scale=False, momentum=0.9, name="block_1_bn")(x)
    x = layers.Add(name="block_1_add")([x, entry])
    x = layers.Activation("swish", name="block_1_out")(x)
    wide = layers.SeparableConv2D(5, 3, padding="same", use_bias=False, name="block_2_separable")(x)
    narrow = layers.PReLU(shared_axes=[1, 2], name="block_2_prelu")(layers.Conv2D(4, 1, name="block_2_conv")(x))
    x = layers.Concatenate(name="block_2_joined")([wide, narrow]) * 2
    x = layers.LayerNormalization(name="block_3_norm")(x)
    x = layers.Dropout(dropout, name="block_3_dropout")(x)
    gate = layers.Dense(9, "sigmoid", name="block_3_gate")(layers.GlobalAveragePooling2D(keepdims=True)(x))
    x = layers.Multiply(name="block_3_gated")([x, gate])
    if classes is not None:
        x = layers.Dropout(dropout)(layers.GlobalAveragePooling2D()(x))
        x = layers.Dense(classes, "softmax", name="predictions")(x)
    return scrambled(keras.Model(images, x))


def transferred() -> Any:
    """Return a model that holds another, never trained with it, and changes its images at random in training."""
    keras = load_keras()
    base = residual(classes=None)
    base.trainable = False
    images = keras.Input((SIZE, SIZE, 3))
    x = keras.Sequential([keras.layers.RandomFlip("horizontal"), keras.layers.GaussianNoise(0.1)])(images)
    x = base(x, training=False)
    x = keras.layers.Flatten()(x)
    return scrambled(keras.Model(images, keras.layers.Dense(2)(keras.layers.Dense(8, "relu")(x))))


def scrambled(model: Any) -> Any:
    """Give every weight a value that shows when it is not loaded, moving statistics included."""
    generator = np.random.default_rng(0)
    for weight in model.weights:
        noise = generator.normal(0, 0.1, weight.shape)
        values = np.asarray(weight.numpy())
        weight.assign(np.abs(values + noise) + 0.1 if "variance" in weight.path else values + noise)
    return model


def saved(model: Any, path: Path, *, change: Callable[[dict[str, Any]], None] | None = None) -> Path:
    """Save a model, and change its config in the file."""
    model.save(path)
    if change is None:
        return path
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(parts["config.json"])
    change(config)
    parts["config.json"] = json.dumps(config).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path
