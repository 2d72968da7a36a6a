"""Objectives: losses, and the metrics that go with them."""

from study.parts.objectives.gap import gap_metrics
from study.parts.objectives.making import make_objective
from study.parts.objectives.objective import Metrics, Objective

__all__ = ["Metrics", "Objective", "gap_metrics", "make_objective"]
