"""A bottleneck adapter, and a block that has some behind it."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn.functional import relu


class Adapter(nn.Module):
    """h + W_up relu(W_down norm(h)): a bottleneck beside a skip connection (Bapna and Firat, 2019, figure 1)."""

    def __init__(self, features: int, width: int) -> None:
        """Begin as the identity: W_up is 0, W_down drawn from torch's global generator as `nn.Linear` draws it.

        Args:
            features: Width of h.
            width: m of the bottleneck.
        """
        super().__init__()
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

    def __init__(self, block: nn.Module) -> None:
        super().__init__()
        self.block = block
        self.adapters_behind = nn.ModuleList()
        """Under a name that no block of a person's own has for something else."""
        self.has_convolutions = has_convolutions(block)

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
        axis = features_axis(hidden, self.has_convolutions)
        hidden = hidden.movedim(axis, -1)
        for adapter in self.adapters_behind:
            hidden = adapter(hidden)
        return hidden.movedim(-1, axis)


def hidden_states(outputs: Any) -> Tensor | None:
    """Return what of a block's outputs can be adapted; None where there is nothing."""
    first = outputs[0] if isinstance(outputs, tuple) and outputs else outputs
    can_be = isinstance(first, Tensor) and first.is_floating_point() and first.ndim > 1
    return first if can_be else None


def has_convolutions(block: nn.Module) -> bool:
    """Whether a block's maps are of torch's convolutions, (N, C, H, W), and not (N, H, W, C)."""
    return any(isinstance(module, nn.Conv2d) for module in block.modules())


def features_axis(hidden: Tensor, of_convolutions: bool) -> int:
    """Return the axis of hidden states that is their features: 1 of maps of convolutions, else the last."""
    return 1 if hidden.ndim == 4 and of_convolutions else -1
