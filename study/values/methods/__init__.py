"""Methods that a spec or a search space can name, a family a file, for listings."""

from study.values.methods.entry import MethodEntry
from study.values.methods.listing import METHODS

__all__ = ["METHODS", "MethodEntry"]
