"""Find which pretrained model, adapted how, generalizes best on your tasks, and how sure that is."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from study.orchestration.exported import ExportedModel, load_model
    from study.orchestration.exported_task import Prediction
    from study.orchestration.study import Study
    from study.parts.backbones.backbone import Backbone
    from study.parts.columns import Columns
    from study.parts.preprocessing import Preprocessing
    from study.parts.tasks.data import Images, LabelledInputs, Labels, Rows, Texts
    from study.trial.trial import run_trial
    from study.values.problems import InputError
    from study.values.spec import (
        AssessmentSpec,
        AugmentationSpec,
        BackboneSpec,
        BudgetSpec,
        OutOfDistributionSpec,
        ResourcesSpec,
        SchedulerSpec,
        SearchSpec,
        SplitSpec,
        StorageSpec,
        StudySpec,
        TaskSpec,
        TensorBoardSpec,
    )

__version__ = "0.1.0"

_HOMES = {
    "study.orchestration.exported": ("ExportedModel", "load_model"),
    "study.orchestration.exported_task": ("Prediction",),
    "study.orchestration.study": ("Study",),
    "study.parts.backbones.backbone": ("Backbone",),
    "study.parts.columns": ("Columns",),
    "study.parts.preprocessing": ("Preprocessing",),
    "study.parts.tasks.data": ("Images", "LabelledInputs", "Labels", "Rows", "Texts"),
    "study.trial.trial": ("run_trial",),
    "study.values.problems": ("InputError",),
    "study.values.spec": (
        "AssessmentSpec",
        "AugmentationSpec",
        "BackboneSpec",
        "BudgetSpec",
        "OutOfDistributionSpec",
        "ResourcesSpec",
        "SchedulerSpec",
        "SearchSpec",
        "SplitSpec",
        "StorageSpec",
        "StudySpec",
        "TaskSpec",
        "TensorBoardSpec",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "AssessmentSpec",
    "AugmentationSpec",
    "Backbone",
    "BackboneSpec",
    "BudgetSpec",
    "Columns",
    "ExportedModel",
    "Images",
    "InputError",
    "LabelledInputs",
    "Labels",
    "OutOfDistributionSpec",
    "Prediction",
    "Preprocessing",
    "ResourcesSpec",
    "Rows",
    "SchedulerSpec",
    "SearchSpec",
    "SplitSpec",
    "StorageSpec",
    "Study",
    "StudySpec",
    "TaskSpec",
    "TensorBoardSpec",
    "Texts",
    "load_model",
    "run_trial",
]


def __getattr__(name: str) -> Any:
    # Torch and Ray take seconds to import; `study --help` and a search space need neither.
    if name not in _HOME_OF:
        raise AttributeError(f"module 'study' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)
