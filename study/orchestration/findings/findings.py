"""Everything that a study found, as tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from optuna.storages import BaseStorage

from study.orchestration.contest import Contest
from study.orchestration.feasibility import unmet
from study.orchestration.findings import budget, calibrating, generalizing, importance
from study.orchestration.findings.affinity import affinity
from study.orchestration.findings.bearing import robustness
from study.orchestration.findings.conclusion import conclude
from study.orchestration.findings.depths import by_freezing_depth, depth_effects
from study.orchestration.findings.evidence import TaskEvidence, gather
from study.orchestration.findings.few_shots import few_shots
from study.orchestration.findings.kept import Undamaged
from study.orchestration.findings.leaving_out import leaving_out
from study.orchestration.findings.outer import OuterFindings, outer_findings
from study.orchestration.findings.pareto import pareto
from study.orchestration.findings.sharing import sharing
from study.orchestration.findings.shifting import out_of_distribution
from study.orchestration.findings.space import search_space
from study.orchestration.findings.standings import Standings, standings
from study.orchestration.findings.table import table_of
from study.orchestration.findings.worst import worst_classes
from study.orchestration.leaderboard import leaderboard
from study.orchestration.selected import assessments_of, few_shots_of
from study.orchestration.trials_table import trials_table
from study.orchestration.unequal import unequal_budgets
from study.values.records import TrialRecord
from study.values.selection import of_last_generation
from study.values.states import TrialState


@dataclass(frozen=True, kw_only=True, eq=False)
class TaskFindings:
    """What was found of one task."""

    standings: Standings
    worst_classes: pd.DataFrame
    """The class that each arm tells worst, with its recall."""
    calibration: pd.DataFrame
    reliability: pd.DataFrame


@dataclass(frozen=True, kw_only=True, eq=False)
class Findings:
    """What a study concludes, and what from."""

    conclusion: tuple[str, ...]
    """Three sentences; one where nothing is assessed yet."""
    leaderboard: pd.DataFrame
    tasks: Mapping[str, TaskFindings]
    """Of each task that an arm was assessed on."""
    sharing: pd.DataFrame
    """What shared representations gain against single tasks; empty where the study has not both."""
    leaving_out: pd.DataFrame
    """What each task gains from a backbone trained on the others; empty where the spec does not ask for it."""
    affinity: pd.DataFrame
    """How far a step for one task helps each other one; empty where the spec does not ask for it."""
    gaps: pd.DataFrame
    robustness: pd.DataFrame
    """On corrupted test images; empty where the spec does not ask for it."""
    out_of_distribution: pd.DataFrame
    """On data from elsewhere; empty where no task names any."""
    few_shot: pd.DataFrame
    """Scores by the number of training examples; empty where the spec does not ask for it."""
    selection_bias: pd.DataFrame
    outer: OuterFindings | None
    """What an outer split says of the selection; None where the study has none, or no trial is scored on it yet."""
    by_trials: pd.DataFrame
    by_time: pd.DataFrame
    flips: pd.DataFrame
    importances: pd.DataFrame
    space: pd.DataFrame
    """The range of each hyperparameter of each arm."""
    freezing: pd.DataFrame
    """Every complete trial, by its freezing depth."""
    depths: pd.DataFrame
    """What complete trials of each arm reached at each freezing depth, on average and at best."""
    trials: pd.DataFrame
    compared: pd.DataFrame
    """Those of them that were to be trained for equally long: all, unless trials go on from others."""
    failures: pd.DataFrame
    """A row a reason: `reason`, `trials`, `arms`."""
    pareto: pd.DataFrame
    """Objective against costs of every complete trial; empty where the spec names no cost."""
    infeasible: tuple[str, ...]
    """A sentence for each arm of which no trial keeps to the constraints."""
    unequal: tuple[str, ...]
    """That screening, a race, a budget or a small space gave arms unequal numbers of trials, and a sentence for each
    arm that is out."""
    damaged: tuple[str, ...]
    """What is wrong with assessments whose predictions are left out for that."""


def find(
    contest: Contest,
    *,
    storage: BaseStorage,
    bring: Callable[[str], Path],
) -> Findings:
    """Return what a study found so far.

    Args:
        contest: Of its arms, with all of its trials and assessments.
        storage: Where Optuna keeps its trials.
        bring: Returns a folder of the study directory, fetched if it is elsewhere.
    """
    spec, arms, records = contest.spec, contest.arms, contest.records
    bring = Undamaged(bring)
    confidence = spec.assessment.confidence
    selected, searched = contest.selected, contest.searched
    assessed = assessments_of(selected, records)
    alike = {arm: of_last_generation(trials) for arm, trials in searched.items()}
    # Of a population no trial stands for itself: what fewer of them, or none before, would have led to is not known.
    alone = {} if spec.search.population_based_training else searched
    tasks = {
        evidence.task.name: _of_task(evidence, spec.seed, confidence)
        for evidence in gather(spec.tasks, assessed, bring)
    }
    biases = generalizing.selection_bias(arms, selected, assessed, confidence=confidence)
    curves = budget.by_trials(alone)
    return Findings(
        conclusion=conclude(
            {task.name: task for task in spec.tasks},
            {name: one.standings for name, one in tasks.items()},
            biases,
            arms=arms,
            confidence=confidence,
        ),
        leaderboard=leaderboard(arms, records, confidence=confidence),
        tasks=tasks,
        sharing=sharing(
            arms,
            {name: one.standings.scores for name, one in tasks.items()},
            seed=spec.seed,
            confidence=confidence,
            screened=contest.screened,
        ),
        leaving_out=leaving_out(contest, bring),
        affinity=affinity(assessed, bring, confidence=confidence),
        gaps=generalizing.gaps(arms, assessed),
        robustness=robustness(spec.tasks, assessed, bring),
        out_of_distribution=out_of_distribution(spec.tasks, assessed, bring, seed=spec.seed, confidence=confidence),
        few_shot=few_shots(
            spec.tasks,
            few_shots_of(selected, records),
            assessed,
            {name: one.standings for name, one in tasks.items()},
            bring,
            seed=spec.seed,
            confidence=confidence,
        ),
        selection_bias=biases,
        outer=outer_findings(alike, selected, seed=spec.seed, confidence=confidence),
        by_trials=curves,
        by_time=budget.by_time(alone, seed=spec.seed),
        flips=budget.flips(arms, curves),
        importances=importance.importances(spec.name, [arm for arm in arms if arm.id in alone], storage),
        space=search_space(spec.name, arms, storage),
        freezing=by_freezing_depth(alone),
        depths=depth_effects(alone, seed=spec.seed, confidence=confidence),
        trials=trials_table([record for trials in searched.values() for record in trials]),
        compared=trials_table([record for trials in alike.values() for record in trials]),
        failures=_failures(records),
        pareto=pareto(alike, spec.search.measured),
        infeasible=tuple(unmet(arms, records).values()),
        unequal=unequal_budgets(contest),
        damaged=tuple(bring.damaged.values()),  # after all that was brought
    )


def _of_task(evidence: TaskEvidence, seed: int, confidence: float) -> TaskFindings:
    return TaskFindings(
        standings=standings(evidence, seed=seed, confidence=confidence),
        worst_classes=worst_classes(evidence, seed=seed, confidence=confidence),
        calibration=calibrating.calibration(evidence),
        reliability=calibrating.reliability(evidence),
    )


def _failures(records: Sequence[TrialRecord]) -> pd.DataFrame:
    failed = [record for record in records if record.state is TrialState.FAILED]
    table = table_of(
        [
            {"reason": (record.reason or "unknown").strip().splitlines()[0], "arm": record.plan.arm.id}
            for record in failed
        ],
        ["reason", "arm"],
    )
    grouped = table.groupby("reason", sort=False)["arm"]
    rows = [{"reason": reason, "trials": len(arms), "arms": ", ".join(dict.fromkeys(arms))} for reason, arms in grouped]
    return table_of(rows, ["reason", "trials", "arms"])
