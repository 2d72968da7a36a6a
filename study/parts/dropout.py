"""Dropout that costs little on a CPU, and whose masks several models can draw side by side as each would alone."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_RESOLUTION = 2**15
"""Random numbers are whole, below this; a share of 1 / 32768 is the smallest that can be dropped."""


class Dropout(nn.Module):
    """Drops a share of its input in training and scales the rest up (Srivastava et al., 2014).

    `torch.nn.Dropout` draws a number of 64 bits for every element; here four elements share one.
    """

    def __init__(self, share: float) -> None:
        """Drop a share in [0, 1) of the elements."""
        super().__init__()
        self.share = share

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the inputs, in training with some set to 0. Draws from torch's global generator."""
        if not self.training or self.share == 0:
            return inputs
        draws = draw(inputs.shape, device=inputs.device)
        threshold, scale = _threshold(self.share)
        return inputs * _factors(draws, torch.tensor(threshold, dtype=torch.int16), scale, inputs.dtype)


def draw(shape: Sequence[int], *, device: torch.device, generator: torch.Generator | None = None) -> Tensor:
    """Return random whole numbers in [-16384, 16384), int16: what decides which elements are dropped."""
    size = torch.Size(shape).numel()
    words = torch.empty(_num_words(size), dtype=torch.int64, device=device)
    _fill(words, generator)
    return words.view(torch.int16)[:size].view(*shape).bitwise_right_shift_(1)


def draw_stacked(
    num_rows: int, widths: Sequence[int], shares: Sequence[float], generators: Sequence[torch.Generator]
) -> Tensor:
    """Return what `draw` gives for the inputs of each of several models that drops any, one beside the other.

    Args:
        num_rows: Of each model's inputs.
        widths: Of each model's inputs; where they differ, the rest of a row is 0.
        shares: That each model drops.
        generators: What each draws from; all on one device.

    Returns:
        Shape (models, num_rows, max(widths)).
    """
    device, width = generators[0].device, max(widths)
    if len(set(widths)) > 1:
        draws = torch.zeros(len(widths), num_rows, width, dtype=torch.int16, device=device)
        for position, (share, generator) in enumerate(zip(shares, generators, strict=True)):
            if share > 0:
                shape = (num_rows, widths[position])
                draws[position, :, : widths[position]] = draw(shape, device=device, generator=generator)
        return draws
    size = num_rows * width
    words = torch.zeros(len(widths), _num_words(size), dtype=torch.int64, device=device)
    for position, (share, generator) in enumerate(zip(shares, generators, strict=True)):
        if share > 0:
            _fill(words[position], generator)
    return words.view(torch.int16)[:, :size].unflatten(1, (num_rows, width)).bitwise_right_shift_(1)  # type: ignore[no-any-return, no-untyped-call]


def dropped(inputs: Tensor, draws: Tensor, shares: Sequence[float]) -> Tensor:
    """Return the inputs of several models, of each a share set to 0 and the rest scaled up.

    Args:
        inputs: Shape (models, ...).
        draws: What `draw_stacked` gave for them.
        shares: Of each model, in [0, 1).
    """
    pairs = [_threshold(share) for share in shares]
    shape = (-1, *(1 for _ in inputs.shape[1:]))
    thresholds = torch.tensor([threshold for threshold, _ in pairs], dtype=torch.int16, device=inputs.device)
    scales = torch.tensor([scale for _, scale in pairs], device=inputs.device)
    return inputs * _factors(draws, thresholds.view(shape), scales.view(shape), inputs.dtype)


def _threshold(share: float) -> tuple[int, float]:
    """Return below which number an element is dropped, and what the others are multiplied by."""
    num_dropped = min(round(share * _RESOLUTION), _RESOLUTION - 1)
    return num_dropped - _RESOLUTION // 2, _RESOLUTION / (_RESOLUTION - num_dropped)


def _factors(draws: Tensor, threshold: Tensor, scale: Tensor | float, dtype: torch.dtype) -> Tensor:
    """Return 0 for the elements that are dropped and the scale for the others.

    By the sign of a difference: comparisons give truth values, which are slow to calculate with.
    """
    signs = (draws - threshold.to(draws.device)).bitwise_right_shift_(15)
    return signs.to(dtype).add_(1).mul_(scale)


def _num_words(size: int) -> int:
    return (size + 3) // 4


def _fill(words: Tensor, generator: torch.Generator | None) -> None:
    words.random_(-(2**63), None, generator=generator)
