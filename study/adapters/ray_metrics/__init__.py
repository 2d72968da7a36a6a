"""Custom metrics of a study, exported by Ray to Prometheus: the driver's and the workers'."""

from study.adapters.ray_metrics.gauges import Gauges
from study.adapters.ray_metrics.watcher import RayMetricsWatcher
from study.adapters.ray_metrics.worker import WorkerMetrics

__all__ = ["Gauges", "RayMetricsWatcher", "WorkerMetrics"]
