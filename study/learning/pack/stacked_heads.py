"""The heads of one task in several models, as one batched network."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from study.learning.pack.stacked_parameter import StackedParameter
from study.parts.dropout import Dropout, draw_stacked, dropped


class StackedHeads:
    """Multi-layer perceptrons of equal depth, whose hidden layers may differ in width and dropout."""

    def __init__(
        self, weights: list[StackedParameter], biases: list[StackedParameter], dropout: Sequence[float]
    ) -> None:
        self.weights = weights
        """One a layer: (models, outputs, inputs)."""
        self.biases = biases
        """One a layer: (models, outputs)."""
        self._dropout = tuple(dropout)

    @classmethod
    def of(cls, heads: Sequence[nn.Module]) -> StackedHeads:
        """Stack the models' own, as `build_head` makes them."""
        linears = [[layer for layer in head.modules() if isinstance(layer, nn.Linear)] for head in heads]
        layers = list(zip(*linears, strict=True))
        dropout = [next(layer.share for layer in head.modules() if isinstance(layer, Dropout)) for head in heads]
        return cls(
            [StackedParameter.of([linear.weight for linear in layer]) for layer in layers],
            [StackedParameter.of([linear.bias for linear in layer]) for layer in layers],
            dropout,
        )

    def keep(self, positions: Sequence[int]) -> StackedHeads:
        """Return the heads of some of the models."""
        return StackedHeads(
            [weight.keep(positions) for weight in self.weights],
            [bias.keep(positions) for bias in self.biases],
            [self._dropout[position] for position in positions],
        )

    def train_outputs(self, features: Tensor, generators: Sequence[torch.Generator]) -> Tensor:
        """Return the outputs with dropout, shape (models, N, output_width).

        Args:
            features: Of every model's own examples, shape (models, N, feature_width).
            generators: What each model draws its dropout from.
        """
        hidden = features
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            hidden = self._dropped(torch.relu(hidden) if layer else hidden, layer, generators)
            # Weights times columns: heads have few outputs, and backward is then four times as fast (2 of 512 inputs).
            columns = torch.baddbmm(bias.value.unsqueeze(2), weight.value, hidden.transpose(1, 2))
            hidden = columns.transpose(1, 2)
        return hidden

    @torch.inference_mode()
    def outputs(self, features: Tensor) -> Tensor:
        """Return the outputs on the same examples for all models, shape (models, N, output_width).

        Args:
            features: Shape (N, feature_width).
        """
        first = self.weights[0].value
        shared = features @ first.flatten(0, 1).T
        hidden = shared.reshape(len(features), *first.shape[:2]).transpose(0, 1) + self.biases[0].value.unsqueeze(1)
        for weight, bias in zip(self.weights[1:], self.biases[1:], strict=True):
            hidden = torch.baddbmm(bias.value.unsqueeze(1), torch.relu(hidden), weight.value.transpose(1, 2))
        return hidden

    def _dropped(self, hidden: Tensor, layer: int, generators: Sequence[torch.Generator]) -> Tensor:
        """Drop inputs of a layer, each model by its own draws: those that it would make alone."""
        if not any(self._dropout):
            return hidden
        widths = [source.shape[1] for source in self.weights[layer].sources]
        return dropped(hidden, draw_stacked(hidden.shape[1], widths, self._dropout, generators), self._dropout)
