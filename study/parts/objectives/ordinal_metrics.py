"""Metrics of models that tell one of several classes in an order, from those of classes and the class told."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from torch import Tensor

from study.parts.tasks.data import MISSING
from study.statistics.median_class import median_class
from study.statistics.weighted_ordinal_metrics import WEIGHTED_ORDINAL_METRICS
from study.values.metric_names import metrics_of
from study.values.target_kind import TargetKind


def with_ordinal_metrics(
    of_classes: Mapping[str, float], log_probabilities: Tensor, labels: Tensor
) -> dict[str, float]:
    """Return every ordinal metric by name, of one model.

    Args:
        of_classes: The model's metrics as those of a classifier, all NaN if it has diverged or no example has a label.
        log_probabilities: Of each class, shape (N, K).
        labels: int64, shape (N,); examples without a label are left out.
    """
    labelled = labels != MISSING
    found = dict(of_classes)
    if math.isnan(found["loss"]):
        found.update(dict.fromkeys(WEIGHTED_ORDINAL_METRICS, math.nan))
    else:
        told = median_class(log_probabilities[labelled].double().exp().cpu().numpy()[np.newaxis])
        true, alike = labels[labelled].cpu().numpy(), np.ones((1, int(labelled.sum())))
        found.update({name: metric(told, true, alike).item() for name, metric in WEIGHTED_ORDINAL_METRICS.items()})
    return {name: found[name] for name in metrics_of(TargetKind.ORDINAL)}
