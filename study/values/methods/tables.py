"""What is done with tables of numbers."""

from __future__ import annotations

from study.values.methods.entry import MethodEntry

TABLES = (
    MethodEntry(
        family="table",
        name="backbone mlp",
        summary="rows standardised by the mean and variance of the rows trained on, then layers that tasks may share",
        source="Ioffe and Szegedy, 2015, algorithm 1, without scale and shift; Caruana, 1997, figure 2",
    ),
)
