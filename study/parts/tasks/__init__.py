"""Tasks: data, labels and splits."""

from study.parts.tasks.building import build_tasks
from study.parts.tasks.checking import task_problems
from study.parts.tasks.data import MISSING, Images, LabelledInputs, Labels, RawInputs, Rows, Texts
from study.parts.tasks.registry import DataEntry, register_data
from study.parts.tasks.registry import registered as list_data
from study.parts.tasks.task import Splits, Task

__all__ = [
    "MISSING",
    "DataEntry",
    "Images",
    "LabelledInputs",
    "Labels",
    "RawInputs",
    "Rows",
    "Splits",
    "Task",
    "Texts",
    "build_tasks",
    "list_data",
    "register_data",
    "task_problems",
]
