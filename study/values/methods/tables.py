"""What is done with tables of numbers, and with targets that are numbers."""

from __future__ import annotations

from study.values.methods.entry import MethodEntry

TABLES = (
    MethodEntry(
        family="table",
        name="backbone mlp",
        summary="rows standardised by the mean and variance of the rows trained on, then layers that tasks may share",
        source="Ioffe and Szegedy, 2015, algorithm 1, without scale and shift; Caruana, 1997, figure 2",
    ),
    MethodEntry(
        family="kind of target",
        name="kind: regression",
        summary="squared error of a number, standardised by the training split; mse, rmse, mae and r2 in its own unit",
        source="least squares (Legendre, 1805); r2: Wright, 1921",
    ),
)
