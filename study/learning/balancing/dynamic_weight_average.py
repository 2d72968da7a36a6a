"""Dynamic weight average: a task weighs more the slower its loss goes down."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from study.learning.balancing.balancing import StepLosses
from study.learning.balancing.loss_weighting import LossWeighting


class DynamicWeightAverage(LossWeighting):
    """lambda_t = T exp(r_t / temperature) / sum_i exp(r_i / temperature) (Liu et al., 2019, eq. 7).

    r_t is task t's mean training loss over the last epoch divided by that over the one before; 1 in the first two
    epochs, and where a task had no loss in one of them. The mean is over the steps in which it had one.
    """

    def __init__(self, num_tasks: int, *, temperature: float) -> None:
        self._temperature = temperature
        self._sums, self._counts = [0.0] * num_tasks, [0] * num_tasks
        self._earlier: list[list[float]] = []
        """Mean losses of the two epochs before this one, older first; NaN where a task had none."""

    def begin_epoch(self, seed: int) -> None:
        """Take the mean of the losses since the last call."""
        if any(self._counts):
            means = [s / count if count else math.nan for s, count in zip(self._sums, self._counts, strict=True)]
            self._earlier = [*self._earlier, means][-2:]
        self._sums, self._counts = [0.0] * len(self._sums), [0] * len(self._counts)

    def weigh(self, step: StepLosses) -> Mapping[int, float]:
        """Return lambda_t of all tasks, and note the step's losses."""
        for task in step.present:
            self._sums[task] += step.totals[task]
            self._counts[task] += 1
        raw = [math.exp(rate / self._temperature) for rate in self._rates()]
        return {task: len(raw) * one / sum(raw) for task, one in enumerate(raw)}

    def state(self) -> dict[str, Any]:
        """Return the losses so far."""
        return {"sums": list(self._sums), "counts": list(self._counts), "earlier": [list(one) for one in self._earlier]}

    def load(self, state: dict[str, Any]) -> None:
        """Go on with other losses."""
        self._sums, self._counts = list(state["sums"]), list(state["counts"])
        self._earlier = [list(one) for one in state["earlier"]]

    def _rates(self) -> list[float]:
        if len(self._earlier) < 2:
            return [1.0] * len(self._sums)
        older, newer = self._earlier
        return [new / old if math.isfinite(new / old) else 1.0 for old, new in zip(older, newer, strict=True)]
