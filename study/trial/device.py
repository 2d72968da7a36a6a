"""The device a trial computes on."""

from __future__ import annotations

import torch

from study.values.plan import TrialPlan
from study.values.problems import InputError


def device_for(plan: TrialPlan) -> torch.device:
    """Return the GPU where the plan was given one (or a share of one), the CPU otherwise.

    Raises:
        InputError: If the plan was given a GPU and torch sees none.
    """
    if plan.num_gpus == 0:
        return torch.device("cpu")
    if not torch.cuda.is_available():
        raise InputError(
            f"resources.gpus_per_trial = {plan.num_gpus}, but torch sees no GPU here; set it to 0 or use a GPU node"
        )
    return torch.device("cuda")
