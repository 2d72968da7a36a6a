"""The spec: frozen, typed, checked whole before anything starts."""

from study.values.spec.augmentation import AugmentationSpec
from study.values.spec.backbone import BackboneSpec
from study.values.spec.out_of_distribution import OutOfDistributionSpec
from study.values.spec.population import PopulationSpec
from study.values.spec.running import AssessmentSpec, BudgetSpec, ResourcesSpec, StorageSpec, Varied
from study.values.spec.search import (
    LOW_COST_STEPS,
    RacingSpec,
    Sampler,
    SchedulerKind,
    SchedulerSpec,
    ScreeningScore,
    ScreeningSpec,
    SearchSpec,
)
from study.values.spec.study import StudySpec
from study.values.spec.task import SplitSpec, TaskSpec
from study.values.spec.tensorboard import Curves, TensorBoardSpec

__all__ = [
    "LOW_COST_STEPS",
    "AssessmentSpec",
    "AugmentationSpec",
    "BackboneSpec",
    "BudgetSpec",
    "Curves",
    "OutOfDistributionSpec",
    "PopulationSpec",
    "RacingSpec",
    "ResourcesSpec",
    "Sampler",
    "SchedulerKind",
    "SchedulerSpec",
    "ScreeningScore",
    "ScreeningSpec",
    "SearchSpec",
    "SplitSpec",
    "StorageSpec",
    "StudySpec",
    "TaskSpec",
    "TensorBoardSpec",
    "Varied",
]
