"""Trials placed, stopped and retried by Ray Tune."""
