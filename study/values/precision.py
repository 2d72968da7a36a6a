"""What trained stages compute in."""

from __future__ import annotations

from enum import Enum


class Precision(str, Enum):
    """Of the arithmetic; weights, gradients and optimizer are float32 in any case."""

    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    """By automatic mixed precision: products of matrices and convolutions in bfloat16 (Micikevicius et al., 2018, with
    the wider exponent that needs no loss scaling)."""
