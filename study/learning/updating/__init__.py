"""Updates: what a step does with a batch, before and after its gradients are found."""

from study.learning.updating.accumulation import add_up
from study.learning.updating.update import Update

__all__ = ["Update", "add_up"]
