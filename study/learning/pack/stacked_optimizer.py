"""Optimizers of several models at once, each with its own learning rate, weight decay and momentum."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, optim

from study.learning.pack.stacked_parameter import StackedParameter, stack_padded
from study.values.hyperparameters import Hyperparameters, OptimizerKind

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8
"""PyTorch's defaults, which the models' own optimizers have."""


class StackedOptimizer(ABC):
    """Does to stacked parameters what the models' own optimizers would do to each."""

    state_names: tuple[str, ...]
    """What PyTorch's optimizer calls the tensors it keeps a parameter."""

    def __init__(self, parameters: Sequence[StackedParameter], values: Sequence[Hyperparameters]) -> None:
        self._parameters = list(parameters)
        self._weight_decay = torch.tensor([value.weight_decay for value in values])
        self._momentum = torch.tensor([value.momentum for value in values])
        self._states = [
            {name: torch.zeros_like(parameter.value) for name in self.state_names} for parameter in parameters
        ]
        self._num_steps = [0 for _ in parameters]
        """Of each parameter: heads whose tasks take turns do not all step at every step."""

    def load(self, optimizers: Sequence[optim.Optimizer]) -> None:
        """Take over what the models' own optimizers keep, where they have stepped before."""
        for number, parameter in enumerate(self._parameters):
            pairs = list(zip(optimizers, parameter.sources, strict=True))
            found = [optimizer.state.get(source, {}) for optimizer, source in pairs]
            steps = {int(kept["step"]) for kept in found if "step" in kept}
            assert len(steps) <= 1, "models of a pack have as many steps behind them"
            self._num_steps[number] = max(steps, default=0)
            for name in self.state_names:
                kept = [
                    torch.zeros_like(source) if state.get(name) is None else state[name]
                    for state, source in zip(found, parameter.sources, strict=True)
                ]
                self._states[number][name] = stack_padded(kept)

    def write_back(self, optimizers: Sequence[optim.Optimizer]) -> None:
        """Give the models' own optimizers what they would keep had they taken the steps."""
        for parameter, state, num_steps in zip(self._parameters, self._states, self._num_steps, strict=True):
            for position, (optimizer, source) in enumerate(zip(optimizers, parameter.sources, strict=True)):
                kept = {name: parameter.part(state[name], position).clone() for name in self.state_names}
                optimizer.state[source] = self._as_kept(kept, num_steps)

    @torch.no_grad()
    def step(self, trained: Sequence[StackedParameter], gradients: Sequence[Tensor], rates: Tensor) -> None:
        """Take a step.

        Args:
            trained: Which parameters; the others stay as they are.
            gradients: One for each of them.
            rates: Learning rate of each model now, shape (models,).
        """
        numbers = {id(parameter): number for number, parameter in enumerate(self._parameters)}
        for parameter, gradient in zip(trained, gradients, strict=True):
            number = numbers[id(parameter)]
            self._num_steps[number] += 1
            value = parameter.value
            shape = (-1, *(1 for _ in value.shape[1:]))
            # Biases are not decayed, as in a model's own optimizer.
            decay = self._weight_decay if value.ndim > 2 else torch.zeros_like(self._weight_decay)
            rate, decay = (amount.to(value).reshape(shape) for amount in (rates, decay))
            self._update(value, gradient, self._states[number], rate, decay, self._num_steps[number])

    def keep(self, parameters: Sequence[StackedParameter], positions: Sequence[int]) -> None:
        """Go on with some of the models, of which `parameters` are those."""
        chosen = list(positions)
        self._parameters = list(parameters)
        self._weight_decay, self._momentum = self._weight_decay[chosen], self._momentum[chosen]
        self._states = [{name: value[chosen] for name, value in state.items()} for state in self._states]

    def _as_kept(self, state: dict[str, Any], num_steps: int) -> dict[str, Any]:
        return state

    @abstractmethod
    def _update(
        self, value: Tensor, gradient: Tensor, state: dict[str, Tensor], rate: Tensor, decay: Tensor, step: int
    ) -> None:
        """Change `value` and `state`; `rate` and `decay` broadcast to it."""


class StackedAdam(StackedOptimizer):
    """Adam with an L2 penalty (Kingma and Ba, 2015, algorithm 1)."""

    state_names = ("exp_avg", "exp_avg_sq")

    def _as_kept(self, state: dict[str, Any], num_steps: int) -> dict[str, Any]:
        return {"step": torch.tensor(float(num_steps)), **state}

    def _update(
        self, value: Tensor, gradient: Tensor, state: dict[str, Tensor], rate: Tensor, decay: Tensor, step: int
    ) -> None:
        self._descend(value, gradient + decay * value, state, rate, step)

    def _descend(self, value: Tensor, gradient: Tensor, state: dict[str, Tensor], rate: Tensor, step: int) -> None:
        mean, square = state["exp_avg"], state["exp_avg_sq"]
        mean.lerp_(gradient, 1 - _BETA1)
        square.mul_(_BETA2).addcmul_(gradient, gradient, value=1 - _BETA2)
        size = square.sqrt().div_((1 - _BETA2**step) ** 0.5).add_(_EPSILON)
        value.sub_(mean.div(size).mul_(rate / (1 - _BETA1**step)))


class StackedAdamW(StackedAdam):
    """Adam with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2)."""

    def _update(
        self, value: Tensor, gradient: Tensor, state: dict[str, Tensor], rate: Tensor, decay: Tensor, step: int
    ) -> None:
        value.mul_(1 - rate * decay)
        self._descend(value, gradient, state, rate, step)


class StackedSGD(StackedOptimizer):
    """SGD with Nesterov momentum (Sutskever et al., 2013), an L2 penalty in the gradient; plain where momentum is 0."""

    state_names = ("momentum_buffer",)

    def _update(
        self, value: Tensor, gradient: Tensor, state: dict[str, Tensor], rate: Tensor, decay: Tensor, step: int
    ) -> None:
        momentum = self._momentum.to(value).reshape(rate.shape)
        gradient = gradient + decay * value
        velocity = state["momentum_buffer"].mul_(momentum).add_(gradient)
        value.sub_(rate * (gradient + momentum * velocity))


def stacked_optimizer(parameters: Sequence[StackedParameter], values: Sequence[Hyperparameters]) -> StackedOptimizer:
    """Return the optimizer of models that share its kind."""
    (kind,) = {value.optimizer for value in values}
    stacked: dict[OptimizerKind, type[StackedOptimizer]] = {
        OptimizerKind.ADAM: StackedAdam,
        OptimizerKind.ADAMW: StackedAdamW,
        OptimizerKind.SGD: StackedSGD,
    }
    return stacked[kind](parameters, values)
