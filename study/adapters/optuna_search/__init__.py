"""Configurations proposed by Optuna, one study an arm."""
