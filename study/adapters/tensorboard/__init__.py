"""Metrics and hyperparameters in TensorBoard."""

from study.adapters.tensorboard.watcher import TensorBoardWatcher

__all__ = ["TensorBoardWatcher"]
