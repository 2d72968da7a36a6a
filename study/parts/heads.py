"""Heads: what one task adds on top of the backbone."""

from __future__ import annotations

from torch import nn

from study.parts.dropout import Dropout


def build_head(*, feature_width: int, output_width: int, depth: int, width: int, dropout: float) -> nn.Sequential:
    """Build a multi-layer perceptron from features (N, feature_width) to logits (N, output_width).

    Args:
        feature_width: Width of its input.
        output_width: Width of its output.
        depth: Hidden layers; 0 gives a linear head.
        width: Units of each hidden layer.
        dropout: Share of the input, and of each hidden layer's output, dropped in training.
    """
    layers: list[nn.Module] = []
    for _ in range(depth):
        layers += [Dropout(dropout), nn.Linear(feature_width, width), nn.ReLU()]
        feature_width = width
    return nn.Sequential(*layers, Dropout(dropout), nn.Linear(feature_width, output_width))
