"""The architectures of `keras.applications`, without their classifiers."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

from study.parts.backbones.chance import fixed_chance
from study.parts.backbones.keras_models.library import building, load_keras
from study.parts.backbones.keras_models.pixels import way_of
from study.values.problems import InputError, Problem, unknown_name

IMAGENET = "imagenet"
"""The published weights, which Keras itself downloads into its own folder."""
_NOT_BY_TORCH = "NASNet"
"""Keras refuses to build these on its torch backend."""


def application_names() -> list[str]:
    """Return the names of the architectures."""
    listed = dir(load_keras().applications)
    return [name for name in listed if name[0].isupper() and not name.startswith(_NOT_BY_TORCH)]


def check_name(name: str) -> None:
    """Refuse a name that is no architecture's.

    Raises:
        InputError: With the nearest one.
    """
    if name not in application_names():
        message = f"{unknown_name(name, application_names(), what='model of keras.applications')}, or a .keras file"
        raise InputError(Problem(message=message, location=("source",)))


def application(name: str, image_size: int, *, weights: Path | str | None, device: str) -> Any:
    """Return an architecture without its classifier, for images of a size.

    Args:
        name: As Keras calls it.
        image_size: Height and width in pixels.
        weights: None for random ones, a file, or `imagenet`.
        device: Where it is built.

    Raises:
        InputError: If it does not take that size, or the weights are not to be had or of another model.
    """
    with building(device) as keras:
        build = getattr(keras.applications, name)
        try:
            model = build(include_top=False, weights=None, input_shape=(image_size, image_size, 3), pooling="avg")
        except Exception as error:  # of whatever kind a layer raises
            message = f"keras:{name} cannot take images of {image_size} pixels: {_first_line(error)}"
            raise InputError(Problem(message=message, location=("image_size",))) from error
        if weights is None:
            return model
        try:
            # Some have a layer more with their published weights.
            return build(
                include_top=False, weights=str(weights), input_shape=(image_size, image_size, 3), pooling="avg"
            )
        except Exception as error:  # of the network, the reader of the file, or layers of other shapes
            raise InputError(Problem(message=_no_weights(name, weights, error), location=("weights",))) from error


@lru_cache(maxsize=64)
def own_image_size(name: str) -> int:
    """Return the height and width in pixels that an architecture was made for."""
    with fixed_chance(), building("meta") as keras:
        model = getattr(keras.applications, name)(weights=None)
        return int(model.input_shape[1])


def way(name: str) -> str:
    """Return how the published weights of an architecture want their images.

    Raises:
        InputError: If that is none of the known ways.
    """
    with building("cpu") as keras:
        found = way_of(sys.modules[getattr(keras.applications, name).__module__].preprocess_input)
    if found is None:
        message = f"keras:{name} prepares its images in a way that is not known; save it as a .keras file"
        raise InputError(Problem(message=message, location=("source",)))
    return found


def _no_weights(name: str, weights: Path | str, error: Exception) -> str:
    reason = _first_line(error)
    if isinstance(weights, Path):
        return f"weights {weights} are not of keras:{name} without its classifier (include_top=False): {reason}"
    return (
        f"Keras cannot get weights {weights} of keras:{name} ({reason}); without internet access, bring the file "
        "that Keras offers without the classifier (..._notop.h5, ..._no_top.h5) and give its path as weights"
    )


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]:.300}"
