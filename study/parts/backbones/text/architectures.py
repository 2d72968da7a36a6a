"""The kinds of text encoders that can be cut, by what a model's config calls them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from study.parts.backbones.text.stages import (
    DisentangledLayers,
    Embeddings,
    Layers,
    MaskedEmbeddings,
    PlainDisentangledLayers,
    Pooling,
    RobertaEmbeddings,
    UntypedEmbeddings,
)

_MOST_GROUPS = 13

MakeLayers = Callable[[Sequence[nn.Module], Any, bool], Layers]
"""From some of an encoder's layers, the encoder, and whether the first is among them."""


def _layers(layers: Sequence[nn.Module], encoder: Any, is_first: bool) -> Layers:
    return Layers(layers)


def _disentangled(layers: Sequence[nn.Module], encoder: Any, is_first: bool) -> Layers:
    return DisentangledLayers(layers, encoder, is_first=is_first)


def _plain_disentangled(layers: Sequence[nn.Module], encoder: Any, is_first: bool) -> Layers:
    return PlainDisentangledLayers(layers, encoder, is_first=is_first)


@dataclass(frozen=True, kw_only=True)
class EncoderArchitecture:
    """How a kind of encoder is built and cut."""

    family: str
    """As listings call it."""
    model: str
    """Class of `transformers`."""
    attention: str = "sdpa"
    """Implementation: PyTorch's scaled dot product, or `eager` where the kind has its own."""
    settings: dict[str, Any] = field(default_factory=lambda: {"add_pooling_layer": False})
    """Of the class, beside a config."""
    encoder: str = "encoder"
    """What holds the layers."""
    embeddings: type[Embeddings] = Embeddings
    layers: MakeLayers = _layers

    def cut(self, model: Any) -> dict[str, nn.Module]:
        """Divide a model into its embeddings and its layers, grouped evenly where there are more than 13."""
        encoder = getattr(model, self.encoder)
        blocks = list(encoder.layer)
        size = math.ceil(len(blocks) / _MOST_GROUPS)
        groups = [blocks[start : start + size] for start in range(0, len(blocks), size)]
        stages: list[nn.Module] = [self.layers(group, encoder, number == 0) for number, group in enumerate(groups)]
        stages[-1] = nn.Sequential(stages[-1], Pooling())
        named = {f"layers{number}": stage for number, stage in enumerate(stages, start=1)}
        return {"embeddings": self.embeddings(model.embeddings), **named}


ARCHITECTURES = {
    "bert": EncoderArchitecture(family="BERT", model="BertModel"),
    "roberta": EncoderArchitecture(family="RoBERTa", model="RobertaModel", embeddings=RobertaEmbeddings),
    "xlm-roberta": EncoderArchitecture(family="RoBERTa", model="XLMRobertaModel", embeddings=RobertaEmbeddings),
    "distilbert": EncoderArchitecture(
        family="DistilBERT",
        model="DistilBertModel",
        settings={},
        encoder="transformer",
        embeddings=UntypedEmbeddings,
    ),
    "deberta": EncoderArchitecture(
        family="DeBERTa",
        model="DebertaModel",
        attention="eager",
        settings={},
        embeddings=MaskedEmbeddings,
        layers=_plain_disentangled,
    ),
    "deberta-v2": EncoderArchitecture(
        family="DeBERTa",
        model="DebertaV2Model",
        attention="eager",
        settings={},
        embeddings=MaskedEmbeddings,
        layers=_disentangled,
    ),
}
"""By `model_type`. MiniLM's models are BERT by their config."""
