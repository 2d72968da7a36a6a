"""A bottleneck adapter, and a block that has some behind it."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import relu

from study.parts.backbones.features_axis import features_axis


class Adapter(nn.Module):
    """h + W_up relu(W_down norm(h)): a bottleneck beside a skip connection (Bapna and Firat, 2019, figure 1)."""

    def __init__(self, features: int, width: int) -> None:
        """Begin as the identity: W_up is 0, W_down drawn from torch's global generator as `nn.Linear` draws it.

        Args:
            features: Width of h.
            width: m of the bottleneck.
        """
        super().__init__()
        self.features = features
        self.norm = nn.LayerNorm(features)
        self.down = nn.Linear(features, width)
        self.up = nn.Linear(width, features)
        nn.init.zeros_(self.up.weight)
        nn.init.zeros_(self.up.bias)

    def forward(self, hidden: Tensor) -> Tensor:
        """Return hidden states (..., features), changed."""
        changed: Tensor = hidden + self.up(relu(self.down(self.norm(hidden))))
        return changed


class Adapted(nn.Module):
    """A block whose hidden states go through adapters, one after the other.

    At each place of maps for itself, so that on those of convolutions an adapter is two convolutions of 1 x 1.
    """

    def __init__(self, block: nn.Module, axis: int | None = None) -> None:
        """Have none behind it yet.

        Args:
            block: The block.
            axis: Of its hidden states, which one is their features; where None, the first pass finds it by the width
                of the adapters.
        """
        super().__init__()
        self.block = block
        self.adapters_behind = nn.ModuleList()
        """Under a name that no block of a person's own has for something else."""
        self.axis = axis

    def __getattr__(self, name: str) -> Any:
        """Return what the block has under a name: whoever calls it may read of it, as `nn.TransformerEncoder` does."""
        try:
            return super().__getattr__(name)
        except AttributeError:
            # How to copy and pickle is not the block's to say. While it is being copied there is no block yet.
            if name == "block" or name.startswith("__"):
                raise
            return getattr(self.block, name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the block gives, of a tuple the first adapted."""
        outputs = self.block(*args, **kwargs)
        if isinstance(outputs, tuple):
            adapted = self._adapt(outputs[0])
            is_named = hasattr(outputs, "_fields")
            return type(outputs)(adapted, *outputs[1:]) if is_named else (adapted, *outputs[1:])
        return self._adapt(outputs)

    def _adapt(self, hidden: Tensor) -> Tensor:
        adapters = [adapter for adapter in self.adapters_behind if isinstance(adapter, Adapter)]
        if self.axis is None:
            self.axis = features_axis(hidden, self.block, adapters[0].features)
        hidden = hidden.movedim(self.axis, -1)
        for adapter in adapters:
            hidden = adapter(hidden)
        return hidden.movedim(-1, self.axis)


def hidden_states(outputs: Any) -> Tensor | None:
    """Return what of a block's outputs can be adapted; None where there is nothing."""
    first = outputs[0] if isinstance(outputs, tuple) and outputs else outputs
    can_be = isinstance(first, Tensor) and first.is_floating_point() and first.ndim > 1
    return first if can_be else None
