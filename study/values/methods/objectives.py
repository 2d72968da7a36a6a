"""What a search goes by beside the metric, and what it begins with."""

from __future__ import annotations

from study.values.methods.entry import MethodEntry

OBJECTIVES = (
    MethodEntry(
        family="search objective",
        name="search.objectives",
        summary="the metric against what a model costs: the Pareto front is searched and shown",
        source="Deb, 2001, chapter 2; TPE for several objectives: Ozaki et al., 2022 (Optuna)",
    ),
    MethodEntry(
        family="search objective",
        name="search.constraints",
        summary="the best metric among models that cost no more than a limit",
        source="Optuna's variant of c-TPE: Watanabe and Hutter, 2023",
    ),
    MethodEntry(
        family="search start",
        name="search.warm_start",
        summary="each arm begins with the best configurations of the nearest arms of earlier studies",
        source="Feurer et al., 2015, Initializing Bayesian Hyperparameter Optimization via Meta-Learning, algorithm 2",
    ),
)
