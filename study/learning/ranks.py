"""The ranks that train one model together: each takes its part of every batch."""

from __future__ import annotations

from dataclasses import dataclass

import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from study.parts.tasks.data import MISSING


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """This process's place among those that train one model; the default is a process on its own.

    Every rank draws the same batches and keeps a part of each. What a whole batch gives is the sum of what its parts
    give, so that the number of ranks changes nothing but the order in which numbers are added up.
    """

    rank: int = 0
    """Counted from 0."""
    size: int = 1
    """How many there are."""

    @property
    def alone(self) -> bool:
        """Whether there is no other."""
        return self.size == 1

    def part(self, rows: Tensor) -> Tensor:
        """Return this rank's part of a batch's rows; parts differ in length by one at most."""
        return rows if self.alone else rows.tensor_split(self.size)[self.rank]

    def share(self, labels: Tensor) -> float:
        """Return what share of a batch's labelled examples is in this rank's part of it.

        The mean over a batch is the sum over ranks of share times the mean over the rank's part.

        Args:
            labels: Of the whole batch, shape (N,), or MISSING.
        """
        if self.alone:
            return 1.0
        labelled = labels != MISSING
        return int(self.part(labelled).sum()) / max(1, int(labelled.sum()))

    def total(self, values: Tensor) -> Tensor:
        """Return the sum of a tensor over all ranks, the same on each; without gradient."""
        if self.alone:
            return values
        values = values.detach().clone()
        dist.all_reduce(values)
        return values

    def joined(self, model: nn.Module) -> nn.Module:
        """Return what a training step calls instead of `model`, so that backward leaves the ranks' mean gradient.

        All ranks call it together. It gives every rank the weights and buffers of rank 0.
        """
        if self.alone:
            return model
        # Tasks with inputs of their own take turns, and a person's backbone may have parameters it does not use:
        # those are to stay without gradient, as they do in a process on its own.
        return DistributedDataParallel(model, find_unused_parameters=True, gradient_as_bucket_view=True)


ALONE = Ranks()
"""A process that trains on its own."""
