"""CAGrad: a step near the mean gradient that lets down no task."""

from __future__ import annotations

from torch import Tensor

from study.learning.balancing.gradient_weighting import GradientWeighting


class CAGrad(GradientWeighting):
    """Maximises the least of d . g_t over d within c ||g_0|| of the mean gradient g_0 (Liu et al., 2021, algorithm 1).

    As TorchJD has it, times the number of tasks: c = 0 is then the plain sum, and a learning rate means the same.
    Where the gradients balance each other to 1e-4 of their size, nothing is moved.
    """

    def __init__(self, *, c: float) -> None:
        from torchjd.aggregation import CAGradWeighting

        self._weighting = CAGradWeighting(c=c)

    def weigh(self, products: Tensor) -> Tensor:
        """Return what each gradient counts in the sum."""
        weights: Tensor = len(products) * self._weighting(products)
        return weights
