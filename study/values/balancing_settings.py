"""Hyperparameters that say how the losses of several tasks become one step."""

from __future__ import annotations

from pydantic import Field

from study.values.frozen import Frozen
from study.values.task_balancing import TaskBalancing


class BalancingSettings(Frozen):
    """Part of the hyperparameters: a method, and the settings that some of them have."""

    task_balancing: TaskBalancing = TaskBalancing.WEIGHTED_SUM
    """What makes one step of several tasks' losses w_t L_t: their sum (`weighted_sum`), or one of the methods that
    weigh losses (`uncertainty`, `dynamic_weight_average`, `random_weights`, `gradnorm`) or their gradients of what
    tasks share (`pcgrad`, `cagrad`, `mgda`, `nash_mtl`, `famo`)."""
    dwa_temperature: float = Field(default=2.0, gt=0, allow_inf_nan=False)
    """Of `dynamic_weight_average`: the higher, the more equal the weights."""
    gradnorm_alpha: float = Field(default=1.5, ge=0, allow_inf_nan=False)
    """Of `gradnorm`: how much larger the gradients of tasks are that learn slowly; 0 makes all equal."""
    gradnorm_learning_rate: float = Field(default=0.025, gt=0, allow_inf_nan=False)
    """Of `gradnorm`: of the weights."""
    cagrad_c: float = Field(default=0.4, ge=0, lt=1)
    """Of `cagrad`: how far a step may be from the mean gradient, relative to its norm."""
    famo_learning_rate: float = Field(default=0.025, gt=0, allow_inf_nan=False)
    """Of `famo`: of the weights' logits."""
    famo_weight_decay: float = Field(default=1e-3, ge=0, allow_inf_nan=False)
    """Of `famo`: of the weights' logits."""

    @property
    def adds_up(self) -> bool:
        """Whether a batch's gradient is the sum of its parts': not where tasks are balanced by what a batch shows."""
        return self.task_balancing is TaskBalancing.WEIGHTED_SUM
