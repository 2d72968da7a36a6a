"""The balancing that a configuration asks for, by its name."""

from __future__ import annotations

import torch

from study.learning.balancing.balancing import Balancing
from study.learning.balancing.cagrad import CAGrad
from study.learning.balancing.dynamic_weight_average import DynamicWeightAverage
from study.learning.balancing.famo import FAMO
from study.learning.balancing.gradnorm import GradNorm
from study.learning.balancing.mgda import MGDA
from study.learning.balancing.nash_mtl import NashMTL
from study.learning.balancing.pcgrad import PCGrad
from study.learning.balancing.random_weights import RandomWeights
from study.learning.balancing.uncertainty import UncertaintyWeighting
from study.learning.balancing.weighted_sum import WeightedSum
from study.values.hyperparameters import Hyperparameters
from study.values.task_balancing import TaskBalancing


def make_balancing(values: Hyperparameters, num_tasks: int, device: torch.device) -> Balancing:
    """Return what a configuration balances tasks by.

    Args:
        values: The configuration, checked: what its method needs is installed.
        num_tasks: T.
        device: Where the model is.
    """
    match values.task_balancing:
        case TaskBalancing.WEIGHTED_SUM:
            return WeightedSum()
        case TaskBalancing.UNCERTAINTY:
            return UncertaintyWeighting(num_tasks, device)
        case TaskBalancing.DYNAMIC_WEIGHT_AVERAGE:
            return DynamicWeightAverage(num_tasks, temperature=values.dwa_temperature)
        case TaskBalancing.RANDOM_WEIGHTS:
            return RandomWeights(num_tasks)
        case TaskBalancing.GRADNORM:
            rate = values.gradnorm_learning_rate
            return GradNorm(num_tasks, alpha=values.gradnorm_alpha, learning_rate=rate)
        case TaskBalancing.PCGRAD:
            return PCGrad()
        case TaskBalancing.CAGRAD:
            return CAGrad(c=values.cagrad_c)
        case TaskBalancing.MGDA:
            return MGDA()
        case TaskBalancing.NASH_MTL:
            return NashMTL()
        case TaskBalancing.FAMO:
            rate, decay = values.famo_learning_rate, values.famo_weight_decay
            return FAMO(num_tasks, learning_rate=rate, weight_decay=decay)
