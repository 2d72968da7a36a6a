"""Methods that weigh gradients: a backward pass a task, and a step that suits all of them."""

from __future__ import annotations

from abc import abstractmethod

import torch
from torch import Tensor

from study.learning.balancing.balancing import Balancing, StepLosses
from study.learning.balancing.gradients import add_flat, add_own_gradients, shared_gradients


class GradientWeighting(Balancing):
    """Moves the shared parameters by sum_t lambda_t g_t, g_t the gradient of task t's loss; heads by their own loss's.

    lambda depends on the gradients through their products alone. Tasks that have no loss in a step take no part in
    it, nor do those whose gradient is 0. A task that is left alone has its own gradient. Shared parameters that are
    not trained leave nothing to balance: then training is that of the plain sum.
    """

    is_joint = True

    @abstractmethod
    def weigh(self, products: Tensor) -> Tensor:
        """Return lambda of tasks with these gradients, shape (T,), T at least 2.

        Args:
            products: g_i . g_j, shape (T, T), with a positive diagonal, float64 on the CPU.
        """

    def find_gradients(self, step: StepLosses) -> None:
        """Add the gradients: of the heads by their own losses, of the shared parameters by all."""
        add_own_gradients(step)
        parameters, gradients = shared_gradients(step, step.present or list(step.losses))
        products = (gradients @ gradients.T).double().cpu()
        add_flat(parameters, self._weights(products).to(gradients) @ gradients)

    def _weights(self, products: Tensor) -> Tensor:
        moving = products.diagonal() > 0
        weights = torch.ones(len(products), dtype=torch.float64)
        if int(moving.sum()) > 1:
            weights[moving] = self.weigh(products[moving][:, moving])
        return weights
