"""PCGrad: gradients without what they take from each other."""

from __future__ import annotations

import torch
from torch import Tensor

from study.learning.balancing.gradient_weighting import GradientWeighting


class PCGrad(GradientWeighting):
    """Takes from each gradient its part against any other, the others in random order, and adds them up.

    Yu et al., 2020, algorithm 1, as TorchJD has it.
    """

    def __init__(self) -> None:
        from torchjd.aggregation import PCGradWeighting

        self._weighting = PCGradWeighting()
        self._generator = torch.Generator()

    def begin_epoch(self, seed: int) -> None:
        """Draw from another seed, so that nothing of it has to be kept from one epoch to the next."""
        self._generator.manual_seed(seed)

    def weigh(self, products: Tensor) -> Tensor:
        """Return what each gradient counts in the sum."""
        # TorchJD draws from torch's own generator, which is not in the same state on all ranks.
        with torch.random.fork_rng(devices=[]):
            torch.set_rng_state(self._generator.get_state())
            weights: Tensor = self._weighting(products)
            self._generator.set_state(torch.get_rng_state())
        return weights
