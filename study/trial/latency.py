"""How long one example takes through a model."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.parametrize import cached

from study.learning.model import AdaptedModel

_WARM_UP, _FEWEST, _MOST = 3, 7, 50
"""Passes: not timed, timed in any case, and timed at most."""
_ENOUGH_S = 1.0
"""Seconds after which no more than the fewest are timed."""


@dataclass(frozen=True, kw_only=True)
class Latency:
    """Of one pass, over several."""

    median_ms: float
    iqr_ms: float
    """Between the quartiles."""


@torch.inference_mode()
def measure_latency(model: AdaptedModel, inputs: Tensor, device: torch.device) -> Latency:
    """Time passes of a batch through the whole model, one after the other.

    The median, since what else the machine does can only add to a pass, and to some passes much.

    Args:
        model: On `device`; left in eval mode.
        inputs: What the first stage takes.
        device: Where it is timed.
    """
    model.eval()
    took: list[float] = []
    with cached():  # low-rank changes are merged in the model that is exported
        for _ in range(_WARM_UP):
            model(inputs)
        began = time.perf_counter()
        while len(took) < _FEWEST or (len(took) < _MOST and time.perf_counter() - began < _ENOUGH_S):
            took.append(_seconds(model, inputs, device))
    low, median, high = np.quantile(took, (0.25, 0.5, 0.75)) * 1e3
    return Latency(median_ms=float(median), iqr_ms=float(high - low))


def _seconds(model: AdaptedModel, inputs: Tensor, device: torch.device) -> float:
    _wait_for(device)
    began = time.perf_counter()
    model(inputs)
    _wait_for(device)
    return time.perf_counter() - began


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
