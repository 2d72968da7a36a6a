"""Mixing: training examples that each are a mixture of two, and have the labels of both."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from study.values.fine_tuning_methods import FineTuningMethods


@dataclass(frozen=True, kw_only=True, eq=False)
class Mixture:
    """How the examples of a batch are mixed, each with another one of the same batch."""

    partners: Tensor
    """For each of the batch's rows the one that it is mixed with."""
    share: float
    """lambda: what counts of an example, in [0, 1]; what is left counts of its partner."""
    centre: tuple[float, float] | None = None
    """Of the patch that is taken from the partner, in shares of height and width; None where all values are mixed."""

    def split(self, num_parts: int) -> list[Mixture]:
        """Return the same for parts of the batch."""
        return [replace(self, partners=part) for part in self.partners.tensor_split(num_parts)]

    def of(self, own: Tensor, others: Tensor) -> tuple[Tensor, float]:
        """Return examples mixed with their partners, and the share that counts of their own labels.

        Args:
            own: Shape (N, ...); images (N, C, H, W) where patches are cut out.
            others: Of the partners, the same shape.
        """
        if self.centre is None:
            return torch.lerp(others, own, self.share), self.share
        height, width = own.shape[-2:]
        top, bottom = _side(height, self.centre[0], self.share)
        left, right = _side(width, self.centre[1], self.share)
        mixed = own.clone()
        mixed[..., top:bottom, left:right] = others[..., top:bottom, left:right]
        # What borders cut off is not the partner's.
        return mixed, 1 - (bottom - top) * (right - left) / (height * width)


class Mixer:
    """Draws a mixture a batch: mixup, cutmix, or one of the two with equal chances.

    - mixup: x = lambda x_a + (1 - lambda) x_b, with lambda from Beta(alpha, alpha) (Zhang et al., 2018, mixup, section
      2), of what the first trained stage reads: the inputs, or features where stages are frozen (as manifold mixup
      does: Verma et al., 2019, section 2, at one layer).
    - cutmix: a rectangle of x_b in x_a, whose sides are sqrt(1 - lambda) of the image's (Yun et al., 2019, CutMix,
      equations 1 and 2).

    The loss is lambda L(y_a) + (1 - lambda) L(y_b), which for cross-entropy is the one of mixed labels. lambda is one
    a batch, as in the authors' code of both.
    """

    def __init__(self, methods: FineTuningMethods, seed: int) -> None:
        """Begin an epoch.

        Args:
            methods: With the parameters of Beta(alpha, alpha); off where there is none.
            seed: Decides all that is drawn.
        """
        self._mixup, self._cutmix = methods.mixup_alpha, methods.cutmix_alpha
        self._random = np.random.default_rng(seed)

    def draw(self, rows: Tensor) -> Mixture | None:
        """Return a mixture of a batch; None where nothing is mixed.

        Args:
            rows: Of the whole batch, whoever trains on which.
        """
        if self._mixup is None and self._cutmix is None:
            return None
        is_patch = self._mixup is None or (self._cutmix is not None and self._random.random() < 0.5)
        alpha = self._cutmix if is_patch else self._mixup
        assert alpha is not None, "of the one that was drawn"
        share = float(self._random.beta(alpha, alpha))
        order = torch.from_numpy(self._random.permutation(len(rows)))
        centre = (float(self._random.random()), float(self._random.random())) if is_patch else None
        return Mixture(partners=rows[order], share=share, centre=centre)


def _side(size: int, centre: float, share: float) -> tuple[int, int]:
    """Return where a rectangle begins and ends along a side of an image, in pixels."""
    middle, half = int(centre * size), int(size * math.sqrt(1 - share)) // 2
    return max(0, middle - half), min(size, middle + half)
