"""Objectives: losses, and the metrics that go with them."""

from study.parts.objectives.gap import gap_metrics
from study.parts.objectives.making import make_objective
from study.parts.objectives.objective import Metrics, Objective, StackedObjective
from study.parts.objectives.ordinal import class_log_probabilities
from study.parts.objectives.regression import Scale

__all__ = [
    "Metrics",
    "Objective",
    "Scale",
    "StackedObjective",
    "class_log_probabilities",
    "gap_metrics",
    "make_objective",
]
