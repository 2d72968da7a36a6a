"""Samplers, and what stops trials early."""

from __future__ import annotations

from study.values.methods.entry import MethodEntry

SEARCH = (
    MethodEntry(
        family="sampler",
        name="search.sampler: tpe",
        summary="tree-structured Parzen estimator, of all parameters together",
        source="Bergstra et al., 2011, section 4; Falkner et al., 2018, section 4",
    ),
    MethodEntry(
        family="sampler",
        name="search.sampler: gp",
        summary="Gaussian process, by expected improvement",
        source="Jones et al., 1998 (expected improvement)",
    ),
    MethodEntry(
        family="sampler",
        name="search.sampler: cmaes",
        summary="covariance matrix adaptation, of the numbers that all trials have (extra samplers)",
        source="Hansen, 2016, figure 6",
    ),
    MethodEntry(
        family="sampler",
        name="search.sampler: nsga2",
        summary="genetic search, a generation at a time",
        source="Deb et al., 2002, section III",
    ),
    MethodEntry(
        family="sampler",
        name="search.sampler: auto",
        summary="chooses among samplers as the search goes (extra samplers; fetched from OptunaHub by hand)",
        source="Optuna's AutoSampler",
    ),
    MethodEntry(
        family="sampler",
        name="search.sampler: random",
        summary="every configuration by itself",
        source="Bergstra and Bengio, 2012",
    ),
    MethodEntry(
        family="sampler",
        name="search.sampler: qmc",
        summary="a scrambled Sobol sequence, which fills the space evenly",
        source="Sobol, 1967; Owen, 1998; Bergstra and Bengio, 2012",
    ),
    MethodEntry(
        family="sampler",
        name="search.sampler: grid",
        summary="every combination of a finite space, in random order",
        source="Bergstra and Bengio, 2012",
    ),
    MethodEntry(
        family="search",
        name="search.low_cost_start",
        summary="begins at the largest freezing depth, whose features are cached, and then steps down (tpe, gp)",
        source="CFO's low-cost initial point: Wu et al., 2021",
    ),
    MethodEntry(
        family="search",
        name="search.racing",
        summary="successive halving of arms: those behind get no more trials and are not assessed",
        source="Karnin et al., 2013, algorithm 2; Jamieson and Talwalkar, 2016",
    ),
    MethodEntry(
        family="search",
        name="search.population_based_training",
        summary="generations of trials: the worst are replaced by the best, which go on with other hyperparameters",
        source="Jaderberg et al., 2017, algorithm 1, generations in step; truncation selection, section 4.1.1",
    ),
    MethodEntry(
        family="search",
        name="search.screening",
        summary="before any trial: only backbones whose untrained features score best are searched (logme, ...)",
        source="You et al., 2021, algorithm 1",
    ),
    MethodEntry(
        family="search",
        name="budget.arm_whole_trainings, budget.arm_training_s",
        summary="arms are given equal work or equal time in place of equal trials",
        source="work by operations: Kaplan et al., 2020, section 2.1",
    ),
    MethodEntry(
        family="scheduler",
        name="search.scheduler.kind: asha",
        summary="asynchronous successive halving",
        source="Li et al., 2020, algorithm 2",
    ),
    MethodEntry(
        family="scheduler",
        name="search.scheduler.kind: hyperband",
        summary="brackets of successive halving that begin to stop later and later",
        source="Li et al., 2018, algorithm 1",
    ),
    MethodEntry(
        family="scheduler",
        name="search.scheduler.kind: median",
        summary="stops what was never as good as the median of the others' means",
        source="Golovin et al., 2017, section 3.2.2",
    ),
)
