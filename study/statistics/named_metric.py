"""Looking metrics up by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from study.values.problems import InputError, unknown_name

MetricT = TypeVar("MetricT")


def named_metric(name: str, metrics: Mapping[str, MetricT], *, of: str) -> MetricT:
    """Return the metric of that name.

    Args:
        name: As in `study.values.metric_names.METRICS`.
        metrics: By name.
        of: What they measure, for the message: "predictions", "predicted numbers".

    Raises:
        InputError: If there is none (names the nearest).
    """
    if name not in metrics:
        raise InputError(unknown_name(name, metrics, what=f"metric of {of}"))
    return metrics[name]
