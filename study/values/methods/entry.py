"""A line of the list of methods."""

from __future__ import annotations

from study.values.frozen import Frozen


class MethodEntry(Frozen):
    """A method, how it is asked for, and where it is from."""

    family: str
    """What it is for: `optimizer`, `sampler`, `task weighting`, ..."""
    name: str
    """What a spec or a space calls it, such as `optimizer: adamw`."""
    summary: str
    """What it does, in one line."""
    source: str
    """Paper, and equation or algorithm where there is one."""
