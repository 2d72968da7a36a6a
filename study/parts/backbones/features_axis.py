"""Which axis of a block's hidden states is their features."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd


def features_axis(hidden: Tensor, block: nn.Module, width: int | None = None) -> int:
    """Return the axis of hidden states (N, ..) that is their features: -1 where it is the last, else from the front.

    It is the one that is as wide as what the block's last product gives. Where several are, or none is, it is 1 of maps
    of a block with convolutions and of what a convolution gives, else the last.

    Args:
        hidden: What a block gave.
        block: The block.
        width: Of the features, where it is known.
    """
    products = [module for module in block.modules() if isinstance(module, nn.Linear | _ConvNd)]
    last = products[-1] if products else None
    if width is None and last is not None:
        width = last.out_features if isinstance(last, nn.Linear) else last.out_channels
    fitting = [axis for axis in range(1, hidden.ndim) if hidden.shape[axis] == width]
    if len(fitting) == 1:
        return fitting[0] if fitting[0] < hidden.ndim - 1 else -1
    has_maps = hidden.ndim == 4 and any(isinstance(module, nn.Conv2d) for module in products)
    return 1 if has_maps or (isinstance(last, _ConvNd) and hidden.ndim == len(last.kernel_size) + 2) else -1
