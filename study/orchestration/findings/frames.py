"""The findings as flat tables, for other programs: one table a kind, tasks told apart by a column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from study.orchestration.findings.findings import Findings, TaskFindings
from study.orchestration.findings.outer import OuterFindings


def frames(findings: Findings) -> dict[str, pd.DataFrame]:
    """Return every table by its name; those of an outer split and of costs are there where the study has such."""
    of_tasks: dict[str, Callable[[TaskFindings], pd.DataFrame]] = {
        "standings": lambda one: one.standings.table,
        "comparisons": lambda one: one.standings.comparisons,
        "worst_classes": lambda one: one.worst_classes,
        "calibration": lambda one: one.calibration,
        "reliability": lambda one: one.reliability,
    }
    return {
        "leaderboard": findings.leaderboard,
        **{name: _over_tasks(findings, table) for name, table in of_tasks.items()},
        "sharing": findings.sharing,
        "leave_one_task_out": findings.leaving_out,
        "affinity": findings.affinity,
        "gaps": findings.gaps,
        "robustness": findings.robustness,
        "out_of_distribution": findings.out_of_distribution,
        "few_shot": findings.few_shot,
        "selection_bias": findings.selection_bias,
        **({} if findings.outer is None else _outer(findings.outer)),
        "expected_best_by_trials": findings.by_trials,
        "expected_best_by_time": findings.by_time,
        "order_flips": findings.flips,
        "importances": findings.importances,
        "search_space": findings.space,
        "freezing_depth": findings.freezing,
        "freezing_depth_effects": findings.depths,
        **({"pareto": findings.pareto} if len(findings.pareto) else {}),
        "trials": findings.trials,
        "failures": findings.failures,
    }


def write_frames(findings: Findings, folder: Path) -> list[Path]:
    """Write every table into a folder, as CSV and as Parquet, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, table in frames(findings).items():
        table.to_csv(folder / f"{name}.csv", index=False)
        table.to_parquet(folder / f"{name}.parquet", index=False)
        written += [folder / f"{name}.csv", folder / f"{name}.parquet"]
    return written


def _outer(found: OuterFindings) -> dict[str, pd.DataFrame]:
    return {"outer_scores": found.scores, "rank_agreement": found.agreement, "oracle": found.oracle}


def _over_tasks(findings: Findings, table: Callable[[TaskFindings], pd.DataFrame]) -> pd.DataFrame:
    parts = [table(one).assign(task=task) for task, one in findings.tasks.items()]
    stacked: pd.DataFrame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return stacked
