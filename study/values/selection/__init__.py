"""Selection: choosing a configuration among finished records, on validation only; and the oracle, to compare with."""

from study.values.selection.generations import of_last_generation
from study.values.selection.oracle import oracle
from study.values.selection.selecting import contenders, ordered, select

__all__ = ["contenders", "of_last_generation", "oracle", "ordered", "select"]
