"""What a trial's model costs: parameters, operations, latency and memory, as far as the search asks for them."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.utils.parametrize import cached
from torch.utils.flop_counter import FlopCounterMode

from study.learning.model import AdaptedModel
from study.parts.backbones.low_rank import num_merged
from study.trial.latency import measure_latency
from study.trial.peak_memory import PeakMemory
from study.values.metric_names import LATENCY_SPREAD_MS, Cost
from study.values.plan import TrialPlan


class CostMeter:
    """Measures once what does not change as a trial trains, and memory after every epoch."""

    def __init__(self, plan: TrialPlan, device: torch.device) -> None:
        """Begin to watch memory, where the plan asks for it.

        Args:
            plan: Says what is measured.
            device: Where the trial trains.
        """
        self._wanted = plan.measured
        self._device = device
        self._memory = PeakMemory(device) if Cost.PEAK_MEMORY_MIB in self._wanted else None
        self._fixed: dict[str, float] | None = None

    def measure(self, model: AdaptedModel, example: Callable[[], Tensor]) -> dict[str, float]:
        """Return the costs by name, without those that the epochs' durations tell.

        Args:
            model: The trial's; left in eval mode.
            example: Returns a batch of one example as the first stage takes it, on the trial's device.
        """
        if self._fixed is None:
            self._fixed = self._measure(model, example)
        if self._memory is None:
            return dict(self._fixed)
        return {**self._fixed, Cost.PEAK_MEMORY_MIB.value: self._memory.peak_mib()}

    def _measure(self, model: AdaptedModel, example: Callable[[], Tensor]) -> dict[str, float]:
        sizes = [(parameter.numel(), parameter.requires_grad) for parameter in model.parameters()]
        found = {
            # Low-rank changes are part of other parameters in the model that is exported.
            Cost.PARAMETERS.value: float(sum(size for size, _ in sizes) - num_merged(model.backbone)),
            Cost.TRAINED_PARAMETERS.value: float(sum(size for size, is_trained in sizes if is_trained)),
        }
        if Cost.FLOPS in self._wanted:
            found[Cost.FLOPS.value] = count_flops(model, example())
        if Cost.LATENCY_MS in self._wanted:
            latency = measure_latency(model, example(), self._device)
            found |= {Cost.LATENCY_MS.value: latency.median_ms, LATENCY_SPREAD_MS: latency.iqr_ms}
        return found


@torch.no_grad()
def count_flops(model: AdaptedModel, inputs: Tensor) -> float:
    """Return the floating-point operations of one pass, as torch counts them.

    Args:
        model: Left in eval mode.
        inputs: What the first stage takes.
    """
    model.eval()
    with cached():
        model(inputs)  # works out the weights that low-rank changes make
        with FlopCounterMode(display=False) as counter:
            model(inputs)
    return float(counter.get_total_flops())
