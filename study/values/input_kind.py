"""What kind of thing a model looks at."""

from __future__ import annotations

from enum import Enum


class InputKind(str, Enum):
    """What the examples of a task are, and what a backbone takes."""

    IMAGE = "images"
    TEXT = "texts"
    TABLE = "rows of numbers"
