"""Counters in a worker: what it adds, Ray's agent on the node sums up and keeps."""

from __future__ import annotations

from functools import cache

from ray.util.metrics import Counter

from study.adapters.ray_metrics.names import CustomMetric, Kind


def count(metric: CustomMetric, by: float, /, **labels: str) -> None:
    """Add to a counter; nothing where `by` is 0, which Ray refuses."""
    assert metric.kind is Kind.COUNTER
    if by > 0:
        _counter(metric).inc(by, tags=labels)


@cache
def _counter(metric: CustomMetric) -> Counter:
    return Counter(metric.name, description=metric.help, tag_keys=metric.labels)
