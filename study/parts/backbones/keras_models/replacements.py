"""Layers of Keras that torch's own modules stand for, so that all that is done with those is done with these."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from study.parts.backbones.keras_models.layer_module import LayerModule, described
from study.parts.dropout import Dropout

_SMALLEST_STD = 1e-7
"""Keras's epsilon, below which no standard deviation goes."""


class BatchNorm(nn.Module):
    """`keras.layers.BatchNormalization` by torch's batch norm: the same outputs in training and in eval mode.

    Its moving variance moves towards a batch's variance over n - 1, as torch's does, where Keras's moves towards that
    over n.
    """

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.settings = described(layer)
        mean = layer.moving_mean.value.detach()
        self.norm = nn.BatchNorm2d(mean.numel(), eps=layer.epsilon, momentum=1 - layer.momentum, device=mean.device)
        self.norm.running_mean, self.norm.running_var = mean, layer.moving_variance.value.detach()
        for name, variable in (("weight", layer.gamma), ("bias", layer.beta)):
            setattr(self.norm, name, None if variable is None else nn.Parameter(variable.value.detach()))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return inputs (N, ..., C) normalised over all but C."""
        width = inputs.shape[-1]
        # Maps of any rank as (N, C, 1, rest): a view, in which channels are innermost as they are in the inputs.
        flat = inputs.reshape(inputs.shape[0], 1, -1, width).permute(0, 3, 1, 2)
        normalized: Tensor = self.norm(flat)
        return normalized.permute(0, 2, 3, 1).reshape(inputs.shape)

    def extra_repr(self) -> str:
        """Say what the layer is."""
        return self.settings


class Standardization(nn.Module):
    """`keras.layers.Normalization`: its statistics are buffers, whether they were learnt or given."""

    mean: Tensor
    variance: Tensor

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.settings = described(layer)
        self.invert = bool(layer.invert)
        self.register_buffer("mean", torch.as_tensor(layer.mean).detach().clone())
        self.register_buffer("variance", torch.as_tensor(layer.variance).detach().clone())

    def forward(self, inputs: Tensor) -> Tensor:
        """Return inputs less the mean, over the standard deviation; or the other way round."""
        std = self.variance.sqrt().clamp_min(_SMALLEST_STD)
        return inputs * std + self.mean if self.invert else (inputs - self.mean) / std

    def extra_repr(self) -> str:
        """Say what the layer is."""
        return self.settings


def module_of(operation: Any) -> nn.Module:
    """Return the module that computes what a layer or operation of Keras does."""
    match type(operation).__name__:
        case "BatchNormalization" if _is_plain(operation):
            return BatchNorm(operation)
        case "Normalization":
            return Standardization(operation)
        case "Dropout" if operation.noise_shape is None and operation.rate < 1:
            return Dropout(float(operation.rate))
        case _:
            return LayerModule(operation)


def _is_plain(layer: Any) -> bool:
    """Whether it normalises the last axis, in the one way that torch does too."""
    ranks = layer.input_spec.ndim
    return layer.axis in (-1, ranks - 1) and not layer.renorm
