"""Sweeps that are compared, one a driver process."""
