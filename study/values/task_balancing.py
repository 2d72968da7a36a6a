"""How the losses of several tasks become one step, by the method's name."""

from __future__ import annotations

from enum import Enum
from importlib.util import find_spec


class TaskBalancing(str, Enum):
    """What the shared parameters are moved by: weighted losses, or weighted gradients of the losses."""

    WEIGHTED_SUM = "weighted_sum"
    """sum_t w_t L_t with the weights of `task_weights`: equal ones where none are given, or those that are searched."""
    UNCERTAINTY = "uncertainty"
    DYNAMIC_WEIGHT_AVERAGE = "dynamic_weight_average"
    RANDOM_WEIGHTS = "random_weights"
    GRADNORM = "gradnorm"
    PCGRAD = "pcgrad"
    CAGRAD = "cagrad"
    MGDA = "mgda"
    NASH_MTL = "nash_mtl"
    FAMO = "famo"

    @property
    def needs_shared_parameters(self) -> bool:
        """Whether it goes by what the losses do to parameters that all tasks share, so that it is nothing without any.

        Such a method takes the losses of all tasks in every step, also of those with inputs of their own.
        """
        return self in _BY_SHARED_PARAMETERS


_BY_SHARED_PARAMETERS = {
    TaskBalancing.GRADNORM,
    TaskBalancing.PCGRAD,
    TaskBalancing.CAGRAD,
    TaskBalancing.MGDA,
    TaskBalancing.NASH_MTL,
    TaskBalancing.FAMO,
}
_PACKAGES = {
    TaskBalancing.PCGRAD: ("torchjd",),
    TaskBalancing.MGDA: ("torchjd",),
    TaskBalancing.CAGRAD: ("torchjd", "cvxpy", "clarabel"),
}


def packages_problem(method: TaskBalancing) -> str | None:
    """Return which packages a method needs that are not installed, and how to get them; None if it has all."""
    missing = [name for name in _PACKAGES.get(method, ()) if find_spec(name) is None]
    if not missing:
        return None
    return f"task_balancing = {method.value} needs {' and '.join(missing)}: pip install 'pretrained-study[multitask]'"
