"""Optimizers and learning-rate schedules."""

from __future__ import annotations

from study.values.methods.entry import MethodEntry

OPTIMISATION = (
    MethodEntry(
        family="optimizer",
        name="optimizer: adamw",
        summary="Adam with weight decay apart from the gradient",
        source="Loshchilov and Hutter, 2019, algorithm 2",
    ),
    MethodEntry(family="optimizer", name="optimizer: adam", summary="Adam", source="Kingma and Ba, 2015, algorithm 1"),
    MethodEntry(
        family="optimizer",
        name="optimizer: sgd",
        summary="gradient descent with Nesterov momentum",
        source="Sutskever et al., 2013, equations 3 and 4",
    ),
    MethodEntry(
        family="schedule",
        name="schedule: cosine",
        summary="learning rates fall to 0 along half a cosine",
        source="Loshchilov and Hutter, 2017, equation 5, without restarts",
    ),
    MethodEntry(
        family="schedule",
        name="warmup_fraction",
        summary="learning rates rise linearly at first",
        source="Goyal et al., 2017, section 2.2",
    ),
)
