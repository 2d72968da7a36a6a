"""What says that there was not enough memory, on a node, a GPU or for one process."""

from __future__ import annotations

import torch
from ray.exceptions import OutOfMemoryError

from study.adapters.tune.unforeseen_deaths import RayLostActorError
from study.values.plan import TrialPlan

_SAID = ("can't allocate memory", "out of memory", "ALLOC_FAILED")
"""Of torch's errors without a class of their own: its allocator on a CPU, the driver of a GPU and CUDA's libraries."""
_SMALLEST_PART = 2
"""Examples that batch normalisation needs."""


def is_out_of_memory(error: BaseException | None) -> bool:
    """Whether an error says that there was not enough memory."""
    if isinstance(error, RayLostActorError):
        error = error.cause
    if isinstance(error, MemoryError | torch.OutOfMemoryError | OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error) for said in _SAID)


def can_halve(plan: TrialPlan) -> bool:
    """Whether a trial may be tried with half the examples at a time.

    It was not before, it has enough of them, and its gradient is the sum of its parts'.
    """
    values = plan.hyperparameters
    examples = values.batch_size // (2 * values.accumulation_steps * plan.num_workers)
    return plan.micro_batches == 1 and examples >= _SMALLEST_PART and values.adds_up
