"""Nash-MTL: the step that tasks would agree on if they bargained."""

from __future__ import annotations

import torch
from torch import Tensor

from study.learning.balancing.gradient_weighting import GradientWeighting

_RIDGE = 1e-6
"""Added to the diagonal, relative to its mean: gradients that cancel out have no solution otherwise."""
_MAX_STEPS = 100


class NashMTL(GradientWeighting):
    """alpha > 0 with G^T G alpha = 1 / alpha, G the gradients as columns (Navon et al., 2022, claim 3.1).

    alpha is the minimum of a' G'G a / 2 - sum_t log a_t, which is convex, so that damped Newton steps find it from
    anywhere, and no state has to be kept from step to step. (The paper's own sequence of convex programs, which TorchJD
    has too, begins each from the last, and stops before it is there.)

    The step has a norm of sqrt(T) whatever the size of the gradients, and less only where they cancel out: under SGD
    the learning rate alone says how far it goes.
    """

    def weigh(self, products: Tensor) -> Tensor:
        """Return alpha."""
        scale = products.diagonal().mean()
        matrix = products / scale + _RIDGE * torch.eye(len(products), dtype=products.dtype)
        alpha = 1 / matrix.diagonal().sqrt()
        for _ in range(_MAX_STEPS):
            slope = matrix @ alpha - 1 / alpha
            newton = torch.linalg.solve(matrix + torch.diag(alpha**-2), slope)
            decrement = float((slope @ newton).clamp(min=0).sqrt())
            # The logarithm is self-concordant: a step damped like this stays within alpha > 0.
            alpha = alpha - newton / (1 + decrement)
            if decrement < 1e-10:
                break
        return alpha / scale.sqrt()
