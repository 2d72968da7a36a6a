"""The stages of a text encoder. Each hands on one tensor: hidden states, the attention mask as their last channel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn


class Embeddings(nn.Module):
    """Tokens (N, 3, L), which are ids, attention mask and token types, to hidden states with mask (N, L, width + 1)."""

    def __init__(self, embeddings: nn.Module) -> None:
        super().__init__()
        self.embeddings = embeddings
        # What they would look up is passed to them; buffers that are in no file of weights could not be loaded.
        for name in list(embeddings._buffers):
            delattr(embeddings, name)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return hidden states with mask."""
        ids, mask, types = tokens.unbind(1)
        return _joined(self.embed(ids, mask, types), mask)

    def embed(self, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        """Return hidden states (N, L, width); positions are counted from 0."""
        hidden: Tensor = self.embeddings(ids, token_type_ids=types, position_ids=_positions(ids))
        return hidden


class RobertaEmbeddings(Embeddings):
    """RoBERTa's, which count positions themselves, from behind the padding token's id; pairs have one token type."""

    def embed(self, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        """Return hidden states (N, L, width)."""
        hidden: Tensor = self.embeddings(ids, token_type_ids=torch.zeros_like(types))
        return hidden


class UntypedEmbeddings(Embeddings):
    """DistilBERT's, which have no token types."""

    def embed(self, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        """Return hidden states (N, L, width)."""
        hidden: Tensor = self.embeddings(ids, position_ids=_positions(ids))
        return hidden


class MaskedEmbeddings(Embeddings):
    """DeBERTa's, which are 0 at padding."""

    def embed(self, ids: Tensor, mask: Tensor, types: Tensor) -> Tensor:
        """Return hidden states (N, L, width)."""
        positions = _positions(ids)
        hidden: Tensor = self.embeddings(ids, token_type_ids=types, position_ids=positions, mask=mask)
        return hidden


class Layers(nn.Module):
    """Encoder layers on hidden states with mask (N, L, width + 1), which stay in that form."""

    def __init__(self, layers: Sequence[nn.Module]) -> None:
        super().__init__()
        self.layers = nn.ModuleList(layers)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return hidden states with mask; what is padding in all examples is cut off."""
        hidden, mask = _divided(_trimmed(inputs))
        return _joined(self.run(hidden, mask), mask)

    def run(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Return hidden states (N, L, width)."""
        attended = mask.bool()[:, None, None, :]
        for layer in self.layers:
            hidden = layer(hidden, attended)
        return hidden


class DisentangledLayers(Layers):
    """DeBERTa-v2's layers, which share embeddings of relative positions (He et al., 2021)."""

    def __init__(self, layers: Sequence[nn.Module], encoder: Any, *, is_first: bool) -> None:
        """Take layers.

        Args:
            layers: Of the encoder.
            encoder: What they are from; the parts that its layers share belong to every stage, and are so frozen with
                the first.
            is_first: Whether the first layer is among them: the convolution beside it belongs to this stage.
        """
        super().__init__(layers)
        self.rel_embeddings = getattr(encoder, "rel_embeddings", None)
        self.norm = getattr(encoder, "LayerNorm", None)
        self.convolution = getattr(encoder, "conv", None) if is_first else None

    def run(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Return hidden states (N, L, width)."""
        attended = mask[:, None, None, :] * mask[:, None, :, None]
        embeddings, positions = self._rel_embeddings(), self.relative_positions(hidden)
        before = hidden
        for number, layer in enumerate(self.layers):
            hidden, _ = layer(hidden, attended, relative_pos=positions, rel_embeddings=embeddings)
            if number == 0 and self.convolution is not None:
                hidden = self.convolution(before, hidden, mask)
        return hidden

    def relative_positions(self, hidden: Tensor) -> Tensor | None:
        """Return those of each pair of tokens; None where the layers work them out, which put them into buckets."""
        return None

    def _rel_embeddings(self) -> Tensor | None:
        if self.rel_embeddings is None:
            return None
        weight: Tensor = self.rel_embeddings.weight
        return weight if self.norm is None else self.norm(weight)


class PlainDisentangledLayers(DisentangledLayers):
    """DeBERTa's layers of the first version, which take relative positions as they are."""

    def relative_positions(self, hidden: Tensor) -> Tensor | None:
        """Return those of each pair of tokens, shape (1, L, L)."""
        places = torch.arange(hidden.shape[1], device=hidden.device)
        return (places[:, None] - places[None, :]).unsqueeze(0)


class Pooling(nn.Module):
    """Hidden states with mask (N, L, width + 1) to features (N, 2 width): the first token, and the mean over tokens."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Return features."""
        hidden, mask = _divided(inputs)
        weights = mask.to(hidden.dtype).unsqueeze(-1)
        mean = (hidden * weights).sum(dim=1) / weights.sum(dim=1)
        return torch.cat([hidden[:, 0], mean], dim=1)


def _positions(ids: Tensor) -> Tensor:
    return torch.arange(ids.shape[1], device=ids.device).unsqueeze(0)


def _joined(hidden: Tensor, mask: Tensor) -> Tensor:
    return torch.cat([hidden, mask.to(hidden.dtype).unsqueeze(-1)], dim=-1)


def _divided(inputs: Tensor) -> tuple[Tensor, Tensor]:
    return inputs[..., :-1], inputs[..., -1]


def _trimmed(inputs: Tensor) -> Tensor:
    """Return hidden states up to the longest example's last token: cached ones are as long as the data's longest."""
    if inputs.is_meta:
        return inputs
    used = int(inputs[..., -1].any(dim=0).sum())
    return inputs[:, : max(1, used)]
