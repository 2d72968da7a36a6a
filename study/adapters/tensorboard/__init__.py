"""Metrics and hyperparameters in TensorBoard."""

from study.adapters.tensorboard.study_summary import StudySummary
from study.adapters.tensorboard.watcher import TensorBoardWatcher

__all__ = ["StudySummary", "TensorBoardWatcher"]
