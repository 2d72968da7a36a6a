"""A task, as a spec names it: data, target, metric and how it is split."""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from study.values.frozen import Frozen
from study.values.metric_names import ALL_TASKS, DEFAULT_METRICS, METRICS, metrics_of
from study.values.problems import unknown_name
from study.values.spec.backbone import NAME_PATTERN
from study.values.spec.out_of_distribution import OutOfDistributionSpec
from study.values.target_kind import TargetKind


class SplitSpec(Frozen):
    """How examples without a split of their own are divided: at random, stratified by label."""

    validation: float = Field(default=0.2, gt=0, lt=1)
    """Share of the examples (of those left beside the data set's own test split, where it has one)."""
    test: float = Field(default=0.2, gt=0, lt=1)
    """Share of the examples; not used where the data set brings its own test split."""

    @model_validator(mode="after")
    def _leaves_training_data(self) -> SplitSpec:
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation {self.validation} and test {self.test} leave nothing to train on; together below 1"
            )
        return self


class TaskSpec(Frozen):
    """One thing to predict."""

    name: str = Field(pattern=NAME_PATTERN)
    """What it is called in results and tags."""
    data: str
    """`digits`, `elpv`, `torchvision:CIFAR10`, `folder:PATH`, `manifest:PATH` (.csv or .parquet),
    `arrays:PATH` (.npz), `texts:PATH` (.csv, .parquet or .jsonl), `huggingface:PATH_OR_NAME`, `glue:TASK`,
    `table:PATH` (.csv or .parquet), `breast_cancer`, `wine`, `diabetes`, `yeast`, or a function, as
    `package.module:function` or `file.py:function`."""
    target: str | None = None
    """Which of the data's labels; may be left out where the data has only one."""
    kind: TargetKind = TargetKind.CLASSIFICATION
    """`classification`, `regression` of a number, `multi_label`: any number of several labels, or `ordinal`: classes in
    an order."""
    labels: tuple[str, ...] = ()
    """For `multi_label`, in place of `target`: the targets (columns) that each say with 1 or 0 whether an example has
    one label. A target that is a matrix, or holds a list of labels an example, needs none."""
    classes: tuple[str, ...] = ()
    """For `ordinal`: the classes, the lowest first. May be left out where they are whole numbers."""
    metric: str = "balanced_accuracy"
    """What configurations are compared by, on validation. Where it is left out: `balanced_accuracy`, for `regression`
    `r2`, for `multi_label` `mean_average_precision`, for `ordinal` `quadratic_kappa`."""
    options: dict[str, Any] = Field(default_factory=dict)
    """Options of the data source, such as a manifest's `image_column`."""
    split: SplitSpec = SplitSpec()
    """How it is divided into train, validation and test."""
    limit: int | None = Field(default=None, ge=10)
    """Use only that many examples, drawn stratified: for a first look."""
    out_of_distribution: tuple[OutOfDistributionSpec, ...] = ()
    """Other data of the same classes that each assessed model is scored on, and never trained or selected on."""

    @model_validator(mode="before")
    @classmethod
    def _metric_follows_the_kind(cls, value: Any) -> Any:
        if isinstance(value, dict) and "metric" not in value:
            by_kind = {kind.value: metric for kind, metric in DEFAULT_METRICS.items()}
            metric = by_kind.get(str(getattr(value.get("kind"), "value", value.get("kind"))))
            return value if metric is None else {**value, "metric": metric}
        return value

    @field_validator("name")
    @classmethod
    def _name_is_free(cls, value: str) -> str:
        if value == ALL_TASKS:
            raise ValueError(f"{ALL_TASKS!r} is reserved for the mean over tasks; choose another name")
        return value

    @field_validator("classes", mode="before")
    @classmethod
    def _classes_are_names(cls, value: Any) -> Any:
        # As a table's columns have them: YAML reads 1 as a number.
        return [str(one) if type(one) is int else one for one in value] if isinstance(value, list) else value

    @field_validator("metric")
    @classmethod
    def _metric_exists(cls, value: str) -> str:
        if value not in METRICS:
            raise ValueError(unknown_name(value, METRICS, what="metric"))
        return value

    @field_validator("out_of_distribution")
    @classmethod
    def _other_data_differs(cls, value: tuple[OutOfDistributionSpec, ...]) -> tuple[OutOfDistributionSpec, ...]:
        names = [one.name for one in value]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"name given twice: {', '.join(repeated)}; each must differ")
        return value

    @model_validator(mode="after")
    def _fits_its_kind(self) -> TaskSpec:
        kind, allowed = self.kind, metrics_of(self.kind)
        wrong = []
        if self.metric not in allowed:
            wrong.append(f"metric {self.metric} is not for kind {kind.value}; allowed: {', '.join(allowed)}")
        if self.labels and kind is not TargetKind.MULTI_LABEL:
            wrong.append(f"labels are several an example: kind: multi_label, not {kind.value}")
        if self.labels and self.target is not None:
            wrong.append(f"target {self.target} and labels are both given; name one or the other")
        if self.classes and kind is not TargetKind.ORDINAL:
            wrong.append(f"classes put those of kind: ordinal in an order, not those of {kind.value}")
        if len(self.classes) == 1:
            wrong.append(f"classes has only {self.classes[0]!r}; an order is of 2 or more")
        for what, names in (("label", self.labels), ("class", self.classes)):
            repeated = sorted({name for name in names if names.count(name) > 1})
            if repeated:
                wrong.append(f"{what} given twice: {', '.join(repeated)}; each must differ")
        if self.out_of_distribution and not kind.has_classes:
            wrong.append(f"out_of_distribution matches classes, which kind {kind.value} has not; leave it out")
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def targets(self) -> tuple[str | None, ...]:
        """The data's labels that it is about; None for the only one."""
        return self.labels or (self.target,)

    @property
    def data_identity(self) -> tuple[Any, ...]:
        """What two tasks have in common when they share their inputs (and therefore their split)."""
        options = tuple(sorted((key, repr(value)) for key, value in self.options.items()))
        return self.data, options, self.split.validation, self.split.test, self.limit
