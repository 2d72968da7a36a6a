"""Custom metrics as Ray's own gauges and counters."""

from __future__ import annotations

from functools import cache

from ray.util.metrics import Counter, Gauge

from study.adapters.ray_metrics.names import CustomMetric, Kind


def set_gauge(metric: CustomMetric, value: float, /, **labels: str) -> None:
    """Set a gauge; Ray exports the value until it is set again or the process ends."""
    assert metric.kind is Kind.GAUGE
    _gauge(metric).set(value, tags=labels)


def count(metric: CustomMetric, by: float, /, **labels: str) -> None:
    """Add to a counter; nothing where `by` is 0, which Ray refuses."""
    assert metric.kind is Kind.COUNTER
    if by > 0:
        _counter(metric).inc(by, tags=labels)


@cache
def _gauge(metric: CustomMetric) -> Gauge:
    return Gauge(metric.name, description=metric.help, tag_keys=metric.labels)


@cache
def _counter(metric: CustomMetric) -> Counter:
    return Counter(metric.name, description=metric.help, tag_keys=metric.labels)
