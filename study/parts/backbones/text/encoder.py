"""From a model's folder to its encoder, and from the encoder to a backbone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor

from study.parts.backbones.backbone import Backbone
from study.parts.backbones.text.model_folder import ModelFolder
from study.parts.tokenization import Tokenization
from study.values.problems import InputError, Problem

_LEGACY = {".gamma": ".weight", ".beta": ".bias"}
"""Names of normalisation in files of the first years."""


def blank_model(folder: ModelFolder) -> Any:
    """Return the encoder that a folder's config describes, with random weights from torch's global generator.

    Raises:
        InputError: If the config makes none.
    """
    import transformers

    config, architecture = folder.config(), folder.architecture()
    config._attn_implementation = architecture.attention
    try:
        return getattr(transformers, architecture.model)(config, **architecture.settings)
    except (ValueError, TypeError, RuntimeError, AssertionError) as error:
        message = f"{folder.path}: its config makes no model: {error}"
        raise InputError(Problem(message=message, location=("source",))) from error


def encoder_state(state: Mapping[str, Tensor], model: Any) -> dict[str, Tensor]:
    """Return what of a file's entries is of the encoder, by today's names: heads of pretraining are left out."""
    prefix = f"{model.base_model_prefix}."
    if any(name.startswith(prefix) for name in state):
        state = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    expected = model.state_dict().keys()
    return {name: value for name, value in ((_modern(name), v) for name, v in state.items()) if name in expected}


def _modern(name: str) -> str:
    for old, new in _LEGACY.items():
        name = name.removesuffix(old) + new if name.endswith(old) else name
    return name


def as_backbone(folder: ModelFolder, model: Any, *, max_length: int) -> Backbone:
    """Return an encoder, cut, whose features are both poolings side by side."""
    width = model.config.hidden_size
    stages = folder.architecture().cut(model)
    return Backbone(
        list(stages.values()),
        feature_width=2 * width,
        preprocessing=Tokenization.of(folder.path, max_length),
        stage_names=list(stages),
        poolings={"cls": slice(0, width), "mean": slice(width, 2 * width), "both": slice(0, 2 * width)},
    )
