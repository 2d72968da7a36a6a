"""L2-SP: weight decay towards the weights that training starts from."""

from __future__ import annotations

import torch
from torch import nn, optim


class StartingPoint:
    """Pulls the stages' parameters to where they were when it was made."""

    def __init__(self, backbone: nn.Module, strength: float) -> None:
        """Remember where they are.

        Args:
            backbone: Before its first step.
            strength: alpha.
        """
        self.strength = strength
        """alpha."""
        self._values = {one: one.detach().clone() for one in backbone.parameters() if one.requires_grad}

    @torch.no_grad()
    def pull(self, optimizer: optim.Optimizer) -> None:
        """Pull every parameter before its step: w <- w - eta alpha (w - w_0), with the learning rate eta it has now.

        The penalty is alpha/2 |w - w_0|^2 (Li et al., 2018, Explicit Inductive Bias for Transfer Learning with
        Convolutional Networks, equation 3, whose term beta/2 |w|^2 for the heads is `weight_decay`). Its gradient
        bypasses the optimizer's moments, as AdamW's weight decay does; for SGD without momentum that is the same.
        """
        for group in optimizer.param_groups:
            for one in group["params"]:
                if one in self._values and one.grad is not None:
                    one.lerp_(self._values[one], group["lr"] * self.strength)
