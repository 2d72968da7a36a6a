"""The gap between training and validation: how much of what was learnt does not generalize."""

from __future__ import annotations

from collections.abc import Mapping


def gap_metrics(train: Mapping[str, float], validation: Mapping[str, float]) -> dict[str, float]:
    """Return train minus validation of each metric, by name; both must hold the same metrics."""
    assert train.keys() == validation.keys(), "a gap needs the same metrics on both sides"
    return {name: value - validation[name] for name, value in train.items()}
