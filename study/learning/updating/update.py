"""A step: gradients, what is done to them, and the optimizer."""

from __future__ import annotations

from collections.abc import Callable

from torch import nn, optim

from study.learning.updating.clipping import clip
from study.values.fine_tuning_methods import FineTuningMethods


class Update:
    """Takes steps as a configuration's methods say; as the optimizer alone does where all are off."""

    def __init__(self, optimizer: optim.Optimizer, methods: FineTuningMethods) -> None:
        """Prepare to take steps.

        Args:
            optimizer: Over what is trained.
            methods: How.
        """
        self._optimizer, self._methods = optimizer, methods
        self.parameters: list[nn.Parameter] = [one for group in optimizer.param_groups for one in group["params"]]
        """All that is trained."""

    def step(self, find_gradients: Callable[[], None]) -> None:
        """Take one.

        Args:
            find_gradients: Sets the gradients of a batch, wherever the parameters are.
        """
        find_gradients()
        if self._methods.gradient_clip is not None:
            clip(self.parameters, self._methods.gradient_clip)
        self._optimizer.step()
