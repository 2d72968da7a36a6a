"""Metrics and hyperparameters in TensorBoard."""
