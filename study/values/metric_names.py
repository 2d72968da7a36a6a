"""Every metric's and cost's name, spelled once, with its unit and direction; and the tags made from them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from study.values.problems import InputError, unknown_name
from study.values.target_kind import TargetKind


class Split(str, Enum):
    """Part of a data set, or what is derived from two of them."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"
    OUTER = "outer"
    """Training examples set aside, on which search trials that have ended are scored; nothing is decided by them."""
    GAP = "gap"
    """Train minus validation."""


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric's identity."""

    name: str
    summary: str
    unit: str
    maximize: bool
    lower: float
    """Smallest value it can take."""
    upper: float
    """Largest value it can take."""
    kinds: tuple[TargetKind, ...] = (TargetKind.CLASSIFICATION,)
    """What it measures predictions of."""

    @property
    def direction(self) -> str:
        """Optuna's word for which way is better: `maximize` or `minimize`."""
        return "maximize" if self.maximize else "minimize"


_INF = float("inf")

OF_THE_TARGET = "unit of the target"
"""Unit of an error that grows with the target's own unit: errors of two targets have no mean."""

CLASSES = "classes"
"""Unit of an error that grows with the number of a target's classes."""

_REGRESSION = (TargetKind.REGRESSION,)
_MULTI_LABEL = (TargetKind.MULTI_LABEL,)
_ORDINAL = (TargetKind.ORDINAL,)
_ANY_CLASSES = (TargetKind.CLASSIFICATION, TargetKind.ORDINAL)
_CLASSES_AND_LABELS = (TargetKind.CLASSIFICATION, TargetKind.MULTI_LABEL)
_ANY_PROBABILITIES = (TargetKind.CLASSIFICATION, TargetKind.ORDINAL, TargetKind.MULTI_LABEL)

METRICS: dict[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric(
            name="loss",
            summary="training objective of the task (label smoothing included)",
            unit="nats",
            maximize=False,
            lower=0,
            upper=_INF,
            kinds=tuple(TargetKind),
        ),
        Metric(
            name="accuracy",
            summary="share of examples classified right",
            unit="1",
            maximize=True,
            lower=0,
            upper=1,
            kinds=_ANY_CLASSES,
        ),
        Metric(
            name="balanced_accuracy",
            summary="mean over classes of the share classified right (macro recall)",
            unit="1",
            maximize=True,
            lower=0,
            upper=1,
        ),
        Metric(
            name="macro_f1",
            summary="mean over classes (multi_label: labels) of F1",
            unit="1",
            maximize=True,
            lower=0,
            upper=1,
            kinds=_CLASSES_AND_LABELS,
        ),
        Metric(
            name="nll",
            summary="mean negative log-likelihood (multi_label: of one label)",
            unit="nats",
            maximize=False,
            lower=0,
            upper=_INF,
            kinds=_ANY_PROBABILITIES,
        ),
        Metric(
            name="ece",
            summary="expected calibration error, 15 bins of equal width",
            unit="1",
            maximize=False,
            lower=0,
            upper=1,
            kinds=_ANY_CLASSES,
        ),
        Metric(
            name="brier",
            summary="Brier score: mean squared distance of the class probabilities from the one-hot label",
            unit="1",
            maximize=False,
            lower=0,
            upper=2,
            kinds=_ANY_CLASSES,
        ),
        Metric(
            name="mse",
            summary="mean squared error",
            unit=f"square of the {OF_THE_TARGET}",
            maximize=False,
            lower=0,
            upper=_INF,
            kinds=_REGRESSION,
        ),
        Metric(
            name="rmse",
            summary="root of the mean squared error",
            unit=OF_THE_TARGET,
            maximize=False,
            lower=0,
            upper=_INF,
            kinds=_REGRESSION,
        ),
        Metric(
            name="mae",
            summary="mean absolute error",
            unit=OF_THE_TARGET,
            maximize=False,
            lower=0,
            upper=_INF,
            kinds=_REGRESSION,
        ),
        Metric(
            name="r2",
            summary="share of the target's variance that is explained (coefficient of determination)",
            unit="1",
            maximize=True,
            lower=-_INF,
            upper=1,
            kinds=_REGRESSION,
        ),
        Metric(
            name="mean_average_precision",
            summary="mean over labels of the average precision: precision at each example of a label, ranked by score",
            unit="1",
            maximize=True,
            lower=0,
            upper=1,
            kinds=_MULTI_LABEL,
        ),
        Metric(
            name="micro_f1",
            summary="F1 of all labels taken together",
            unit="1",
            maximize=True,
            lower=0,
            upper=1,
            kinds=_MULTI_LABEL,
        ),
        Metric(
            name="subset_accuracy",
            summary="share of examples of which every label is right",
            unit="1",
            maximize=True,
            lower=0,
            upper=1,
            kinds=_MULTI_LABEL,
        ),
        Metric(
            name="hamming_loss",
            summary="share of labels, over all examples, that are wrong",
            unit="1",
            maximize=False,
            lower=0,
            upper=1,
            kinds=_MULTI_LABEL,
        ),
        Metric(
            name="ranking_loss",
            summary="mean share of an example's pairs of a present and an absent label that are in the wrong order",
            unit="1",
            maximize=False,
            lower=0,
            upper=1,
            kinds=_MULTI_LABEL,
        ),
        Metric(
            name="quadratic_kappa",
            summary="agreement beyond chance, errors by the square of the classes between (Cohen's kappa)",
            unit="1",
            maximize=True,
            lower=-1,
            upper=1,
            kinds=_ORDINAL,
        ),
        Metric(
            name="class_mae",
            summary="mean absolute error, in classes",
            unit=CLASSES,
            maximize=False,
            lower=0,
            upper=_INF,
            kinds=_ORDINAL,
        ),
    )
}

DEFAULT_METRICS = {
    TargetKind.CLASSIFICATION: "balanced_accuracy",
    TargetKind.REGRESSION: "r2",
    TargetKind.MULTI_LABEL: "mean_average_precision",
    TargetKind.ORDINAL: "quadratic_kappa",
}
"""What configurations are compared by where a task does not say; the larger the better, none in a unit of its own."""


class Cost(str, Enum):
    """What a trial's model costs; less is better. Those that are called exact depend on the configuration alone."""

    PARAMETERS = "parameters"
    """Of backbone and heads, trained or not. Exact."""
    TRAINED_PARAMETERS = "trained_parameters"
    """Those of them that take a gradient. Exact."""
    FLOPS = "flops"
    """Floating-point operations of the matrix products, convolutions and attention of one example's way through the
    whole model, two a multiplication with its addition. Exact."""
    LATENCY_MS = "latency_ms"
    """Milliseconds for one example through the whole model on the trial's device, the median of several times. What
    runs beside the trial slows it down: measured under load it is noisy."""
    PEAK_MEMORY_MIB = "peak_memory_mib"
    """Most memory since the trial began, in MiB: what torch had on the GPU, or what the process had on a CPU, with the
    data that it keeps for other trials."""
    TRAINING_S = "training_s"
    """Seconds of the epochs, measuring included. Noisy as latency is."""

    @property
    def is_exact(self) -> bool:
        """Whether it depends on the configuration alone."""
        return self in (Cost.PARAMETERS, Cost.TRAINED_PARAMETERS, Cost.FLOPS)


LATENCY_SPREAD_MS = "latency_iqr_ms"
"""Beside `latency_ms`: between the quartiles of the times that it is the median of."""

ALL_TASKS = "all"
"""Reserved in the place of a task's name: the mean over an arm's tasks."""

OBJECTIVE = f"{Split.VALIDATION.value}/{ALL_TASKS}/objective"
"""What search and selection see: the mean over the arm's tasks of each one's own metric on validation."""

BEST_SO_FAR = "best_so_far"
"""Before an arm's id, the tag of the best objective that any of its complete trials has reached."""


def metric(name: str) -> Metric:
    """Return the metric called `name`.

    Raises:
        InputError: If there is none (names the nearest).
    """
    if name not in METRICS:
        raise InputError(unknown_name(name, METRICS, what="metric"))
    return METRICS[name]


def metrics_of(kind: TargetKind) -> tuple[str, ...]:
    """Return the names of the metrics that predictions of a kind of target have, in the order of `METRICS`."""
    return tuple(name for name, one in METRICS.items() if kind in one.kinds)


def tag(split: Split, task: str, name: str) -> str:
    """Return the tag `split/task/metric` under which a value is written."""
    return f"{split.value}/{task}/{metric(name).name}"
