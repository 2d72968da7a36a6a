"""MGDA: the shortest vector between the gradients."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from study.learning.balancing.gradient_weighting import GradientWeighting


class MGDA(GradientWeighting):
    """The mean of the gradients, with weights of 0..1, that has the smallest norm (Sener and Koltun, 2018, eq. 3).

    By Frank-Wolfe (their algorithm 2), as TorchJD has it, times the number of tasks: equal weights are then 1, and a
    learning rate means the same.
    """

    def __init__(self) -> None:
        from torchjd.aggregation import MGDAWeighting

        self._weighting = MGDAWeighting()

    def weigh(self, products: Tensor) -> Tensor:
        """Return what each gradient counts in the sum."""
        shortest = int(products.diagonal().argmin())
        if (products[shortest] >= products[shortest, shortest]).all():
            # No mean is shorter than that gradient; TorchJD would find so in each of its 100 iterations.
            return len(products) * one_hot(torch.tensor(shortest), len(products)).to(products)
        weights: Tensor = len(products) * self._weighting(products)
        return weights
