"""The driver's gauges, kept alive: Ray passes a value on once, and its agent forgets it 20 seconds later."""

from __future__ import annotations

import threading
from functools import cache
from types import TracebackType

from ray.util.metrics import Gauge

from study.adapters.ray_metrics.names import CustomMetric, Kind

_REFRESH_S = 5.0
"""Well within the 10 seconds in which Ray's processes report, two of which a value outlives."""

_Series = tuple[CustomMetric, frozenset[tuple[str, str]]]


class Gauges:
    """Sets gauges and, inside a `with` block, sets them again every 5 seconds, so that they stay for as long."""

    def __init__(self) -> None:
        self._values: dict[_Series, float] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._refresh, name="study-gauges", daemon=True)

    def __enter__(self) -> Gauges:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def set(self, metric: CustomMetric, value: float, /, **labels: str) -> None:
        """Set a gauge."""
        assert metric.kind is Kind.GAUGE
        with self._lock:
            self._values[metric, frozenset(labels.items())] = value
            _gauge(metric).set(value, tags=labels)

    def _refresh(self) -> None:
        while not self._over.wait(_REFRESH_S):
            with self._lock:
                for (metric, labels), value in self._values.items():
                    _gauge(metric).set(value, tags=dict(labels))


@cache
def _gauge(metric: CustomMetric) -> Gauge:
    return Gauge(metric.name, description=metric.help, tag_keys=metric.labels)
