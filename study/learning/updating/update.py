"""A step: gradients, what is done to them, and the optimizer."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import nn, optim

from study.learning.model import AdaptedModel
from study.learning.repeating import Repetition
from study.learning.updating.average import MovingAverage
from study.learning.updating.clipping import clip
from study.learning.updating.sharpness import at_the_sharpest
from study.learning.updating.starting_point import StartingPoint
from study.values.fine_tuning_methods import FineTuningMethods


class Update:
    """Takes steps as a configuration's methods say; as the optimizer alone does where all are off."""

    def __init__(
        self, model: AdaptedModel, optimizer: optim.Optimizer, methods: FineTuningMethods, device: torch.device
    ) -> None:
        """Prepare to take steps.

        Args:
            model: Before its first.
            optimizer: Over what is trained.
            methods: How.
            device: Where the model is.
        """
        self._model, self._optimizer, self._methods, self._device = model, optimizer, methods, device
        self.parameters: list[nn.Parameter] = [one for group in optimizer.param_groups for one in group["params"]]
        """All that is trained."""
        self.average = None if methods.ema_decay is None else MovingAverage(methods.ema_decay)
        """Of what is trained, where there is one."""
        self._start = None if methods.l2_sp is None else StartingPoint(model.backbone, methods.l2_sp)

    def go_over(self, methods: FineTuningMethods) -> None:
        """Take steps by other numbers of the same methods from now on; the moving average keeps its decay."""
        self._methods = methods
        if self._start is not None:
            assert methods.l2_sp is not None, "a method that is on stays on"
            self._start.strength = methods.l2_sp

    def step(self, find_gradients: Callable[[], None], num_steps: int) -> None:
        """Take one.

        Args:
            find_gradients: Sets the gradients of a batch, wherever the parameters are.
            num_steps: How many were taken before.
        """
        self._find(partial(self._find_of_trained, find_gradients))
        if self._methods.gradient_clip is not None:
            clip(self.parameters, self._methods.gradient_clip)
        if self._start is not None:
            self._start.pull(self._optimizer)
        self._optimizer.step()
        if self.average is not None:
            self.average.take_in(self._model, num_steps + 1)

    def _find_of_trained(self, find_gradients: Callable[[], None]) -> None:
        find_gradients()
        for parameter in self._model.resting_parameters():
            parameter.grad = None

    def _find(self, find_gradients: Callable[[], None]) -> None:
        if self._methods.sam_radius is None:
            find_gradients()
            return
        repetition = Repetition(self._device)
        find_gradients()
        with at_the_sharpest(self.parameters, self._methods.sam_radius), repetition.of(self._model):
            find_gradients()
