"""A parameter of several models as one tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import pad


@dataclass(frozen=True)
class StackedParameter:
    """A parameter of every model, padded to the largest with zeros.

    The padding stays zero while training: a padded unit's output is relu(0), so it has no gradient, and neither have
    the weights that read it.
    """

    value: Tensor
    """Shape (models, ...); takes gradients."""
    sources: tuple[nn.Parameter, ...]
    """The models' own, whose shapes may be smaller."""

    @classmethod
    def of(cls, sources: Sequence[nn.Parameter]) -> StackedParameter:
        """Stack the models' own."""
        return cls(stack_padded([source.detach() for source in sources]).requires_grad_(), tuple(sources))

    def part(self, stacked: Tensor, position: int) -> Tensor:
        """Return what a tensor shaped as `value` holds for one model, without the padding."""
        return stacked[position][tuple(slice(size) for size in self.sources[position].shape)]

    def write_back(self) -> None:
        """Give every model its values."""
        with torch.no_grad():
            for position, source in enumerate(self.sources):
                source.copy_(self.part(self.value, position))

    def keep(self, positions: Sequence[int]) -> StackedParameter:
        """Return the parameter of some of the models."""
        value = self.value.detach()[list(positions)].requires_grad_()
        return StackedParameter(value, tuple(self.sources[position] for position in positions))


def stack_padded(tensors: Sequence[Tensor]) -> Tensor:
    """Return tensors of one rank as one, shape (len(tensors), ...), each padded with zeros at its ends."""
    sizes = [max(sizes) for sizes in zip(*(tensor.shape for tensor in tensors), strict=True)]
    return torch.stack([pad(tensor, _missing(tensor, sizes)) for tensor in tensors])


def _missing(tensor: Tensor, sizes: Sequence[int]) -> list[int]:
    """Return what `pad` adds: before and after, the last dimension first."""
    return [
        amount for size, has in zip(reversed(sizes), reversed(tensor.shape), strict=True) for amount in (0, size - has)
    ]
