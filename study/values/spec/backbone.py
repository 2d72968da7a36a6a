"""A candidate backbone, as a spec names it."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Field, field_validator, model_validator

from study.values.frozen import Frozen

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
"""What may name a backbone, a task or a study: it becomes part of tags and folder names."""

MAX_IMAGE_SIZE = 8192
"""Pixels of height and width: an image takes 0.8 GB then, and more is likelier a slip than a model's size."""


class BackboneSpec(Frozen):
    """One pretrained model to evaluate; a plain string in YAML stands for its source."""

    source: str
    """Where it comes from: `torchvision:resnet50` (or just `resnet50`), `timm:NAME`, `keras:PATH.keras` or
    `keras:NAME`, `efficientnet_lite0`, a text encoder (BERT, RoBERTa, DistilBERT, MiniLM, DeBERTa) as
    `transformers:PATH_OR_NAME`, `minilm_l6`, `mlp` for rows of numbers, or a function that returns a `study.Backbone`,
    as `package.module:function` or `file.py:function`."""
    name: str = Field(pattern=NAME_PATTERN)
    """What it is called in results; made from the source (and from scratch, the weights) where not given."""
    weights: str = "default"
    """`default` for the source's own pretrained weights, `none` for random ones, the name of published
    weights (`IMAGENET1K_V2`), or the path of a .safetensors or .pth file (of Keras: .weights.h5, .h5 or .keras),
    relative to the spec."""
    image_size: int | None = Field(default=None, ge=1, le=MAX_IMAGE_SIZE)
    """Height and width in pixels that images are resized to; the weights' own where not given."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Keyword arguments for a function of your own; of a text encoder `max_length`, the tokens that are read; of `mlp`
    `inputs`, `widths` and `activation`; of `keras:PATH.keras` `preprocessing`."""

    @model_validator(mode="before")
    @classmethod
    def _from_shorthand(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = {"source": value}
        if isinstance(value, dict) and isinstance(value.get("source"), str) and "name" not in value:
            value = {**value, "name": _default_name(value["source"], str(value.get("weights", "default")))}
        return value

    @field_validator("weights", mode="before")
    @classmethod
    def _none_means_none(cls, value: Any) -> Any:
        return "none" if value is None else value  # YAML reads a bare `null` as None; both mean random weights

    @property
    def is_pretrained(self) -> bool:
        """Whether it starts from pretrained weights rather than random ones."""
        return self.weights != "none"

    def from_scratch(self) -> BackboneSpec:
        """Return the same architecture with random weights, under the same name."""
        return self.model_copy(update={"weights": "none"})


def _default_name(source: str, weights: str) -> str:
    tail = (source.rpartition(":")[2] or source).rstrip("/").rpartition("/")[2]
    name = re.sub(r"[^A-Za-z0-9_.-]", "-", tail)
    return name if weights != "none" else f"{name}-random"
