"""Batch normalisation over a whole batch that several ranks hold parts of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm

from study.learning.model import AdaptedModel


def synchronize_batch_norm(model: AdaptedModel, device: torch.device) -> None:
    """Make the batch normalisation of what is trained take its statistics over all ranks; names stay as they are.

    On a GPU that is torch's own SyncBatchNorm, which has no CPU version.
    """
    convert: Callable[[nn.Module], nn.Module] = (
        nn.SyncBatchNorm.convert_sync_batchnorm if device.type == "cuda" else _convert
    )
    for stages in (model.backbone.stages[model.freezing_depth :], model.heads):
        for name, stage in list(stages.named_children()):
            setattr(stages, name, convert(stage))


class SynchronizedBatchNorm(_BatchNorm):
    """Batch normalisation whose training statistics are those of all ranks' examples together.

    Takes (N, C, ...), N of any size on each rank, also 0 or 1. In eval mode it is what it was made from.
    """

    def _check_input_dim(self, inputs: Tensor) -> None:
        """Accept any: the module that this one stands for was made for its place."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the inputs normalised, same shape."""
        if not self.training:
            return super().forward(inputs)
        dims = [0, *range(2, inputs.ndim)]
        shape = [1, -1, *([1] * (inputs.ndim - 2))]
        own = inputs.new_full((1,), inputs.numel() / inputs.shape[1])
        # Two sums rather than the mean of squares less the squared mean, which cancels where the mean is large.
        sums = _total(torch.cat([inputs.sum(dims), own]))
        count = sums[-1].detach()
        mean = sums[:-1] / count
        centred = inputs - mean.view(shape)
        variance = _total(centred.square().sum(dims)) / count
        self._keep(mean.detach(), variance.detach(), count)
        normal = centred * torch.rsqrt(variance + self.eps).view(shape)
        # One may be there without the other: some architectures leave the scale to the layer behind.
        if self._parameters["weight"] is not None:
            normal = normal * self.weight.view(shape)
        if self._parameters["bias"] is not None:
            normal = normal + self.bias.view(shape)
        return normal

    @torch.no_grad()
    def _keep(self, mean: Tensor, variance: Tensor, count: Tensor) -> None:
        """Take a batch into the running statistics, the variance without bias, as torch does."""
        if self.running_mean is None or self.running_var is None:
            return
        assert self.num_batches_tracked is not None, "kept together with the running statistics"
        self.num_batches_tracked.add_(1)
        factor = 1.0 / int(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean, factor)
        self.running_var.lerp_(variance * count / (count - 1).clamp(min=1), factor)


class _Total(torch.autograd.Function):
    """The sum over ranks; its gradient is the sum of theirs, since each rank's loss depends on it."""

    @staticmethod
    def forward(ctx: Any, values: Tensor) -> Tensor:
        total = values.clone()
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        total = gradients[0].contiguous().clone()
        dist.all_reduce(total)
        return total


def _total(values: Tensor) -> Tensor:
    total: Tensor = _Total.apply(values)
    return total


def _convert(module: nn.Module) -> nn.Module:
    if isinstance(module, _BatchNorm):
        return _synchronized(module)
    for name, child in module.named_children():
        setattr(module, name, _convert(child))
    return module


def _synchronized(norm: _BatchNorm) -> SynchronizedBatchNorm:
    """Return a synchronised one that holds the same parameters and buffers."""
    made = SynchronizedBatchNorm(
        norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats, device="meta"
    )
    # The very tensors, not copies: an optimizer or a shared module may hold them.
    made._parameters, made._buffers = norm._parameters, norm._buffers
    return made.train(norm.training)
