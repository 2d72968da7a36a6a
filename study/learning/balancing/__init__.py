"""What lies between the losses of a step and the gradients: how several tasks share one backbone, a method a file."""

from study.learning.balancing.balancing import Balancing, StepLosses
from study.learning.balancing.building import make_balancing
from study.learning.balancing.weighted_sum import WeightedSum

__all__ = ["Balancing", "StepLosses", "WeightedSum", "make_balancing"]
