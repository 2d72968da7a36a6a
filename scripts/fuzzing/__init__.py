"""Fuzzing by hand: many inputs a reader, from a seed."""
