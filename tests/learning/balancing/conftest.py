"""A step of a problem without a model: a few numbers that tasks share, a number that each has for itself."""

import pytest
import torch
from torch import nn

from study.learning.balancing import StepLosses


class Problem:
    """L_t = sum((gain_t * (shared - aim_t))^2) / 2 + (own_t - 1)^2 / 2 + offset_t, each gradient known by heart."""

    def __init__(self, gains, aims, offsets=None):
        self.gains, self.aims = torch.tensor(gains), torch.tensor(aims)
        self.offsets = torch.zeros(len(gains)) if offsets is None else torch.tensor(offsets)
        self.shared = nn.Parameter(torch.zeros(self.aims.shape[1]))
        self.own = [nn.Parameter(torch.zeros(())) for _ in gains]

    def losses(self):
        far = self.gains.unsqueeze(1) * (self.shared - self.aims)
        return {t: (far[t] ** 2).sum() / 2 + (own - 1) ** 2 / 2 + self.offsets[t] for t, own in enumerate(self.own)}

    def gradients(self):
        """Of the shared numbers, a row a task."""
        return self.gains.unsqueeze(1) ** 2 * (self.shared - self.aims).detach()

    def step(self, tasks=None, silent=()):
        """Return the losses of some tasks; those of silent ones are 0, as without labels."""
        losses = {t: one * (t not in silent) for t, one in self.losses().items() if tasks is None or t in tasks}
        totals = {t: one.item() for t, one in losses.items()}
        return StepLosses(losses=losses, totals=totals, shared=[self.shared], own=self.own)


@pytest.fixture
def problem():
    """Three tasks, of which the first two are in each other's way."""
    return Problem([1.0, 1.5, 0.5], [[2.0, 1.0], [-1.0, 1.5], [0.5, -3.0]])


@pytest.fixture
def make_problem():
    return Problem
