"""The report's plots, as plotly figures."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go

from study.faces.report.arm_names import by_tasks, short_names
from study.faces.report.canvas import COLORS, GREY, canvas, color, line, symbol
from study.faces.report.cost_figures import fronts
from study.faces.report.search_figures import freezing, parallel, slices
from study.orchestration.findings import Findings
from study.orchestration.findings.standings import Standings


def forest(found: Standings, metric: str) -> go.Figure:
    """Return each arm's test score with its interval, best on top."""
    table = found.table.iloc[::-1]
    names = short_names(table["arm"].tolist(), joined="<br>")
    error = {"array": table["high"] - table["test"], "arrayminus": table["test"] - table["low"], "color": GREY}
    points = go.Scatter(
        x=table["test"], y=table["arm"].map(dict(names)), error_x=error, mode="markers",
        marker={"color": COLORS[0], "size": 10},
    )  # fmt: skip
    return canvas([points], x=f"{metric} on test", height=120 + 50 * len(table))


def ranks(found: Standings) -> go.Figure:
    """Return how often each arm takes each rank."""
    table = found.ranks.iloc[::-1]
    names = short_names(table.index.tolist(), joined="<br>")
    text = [[f"{share:.0%}" for share in row] for row in table.to_numpy()]
    cells = go.Heatmap(
        z=table.to_numpy(), x=[str(rank) for rank in table.columns], y=[names[arm] for arm in table.index], text=text,
        texttemplate="%{text}", colorscale="Blues", zmin=0, zmax=1, showscale=False,
    )  # fmt: skip
    figure = canvas([cells], x="rank", height=120 + 50 * len(table))
    return figure.update_layout(xaxis={"type": "category"})


def lines(curves: pd.DataFrame, arms: Sequence[str], x: str, x_title: str) -> go.Figure:
    """Return the expected best validation objective of each arm over what it cost."""
    names = short_names(arms)
    traces = []
    for number, arm in enumerate(arms):
        part = curves[curves["arm"] == arm]
        traces.append(go.Scatter(x=part[x], y=part["expected_best"], name=names[arm], mode="lines", line=line(number)))
    return canvas(traces, x=x_title, y="expected best on validation")


def reliability(curves: pd.DataFrame) -> go.Figure:
    """Return accuracy over confidence of each arm; on the diagonal probabilities mean what they say."""
    diagonal = go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": GREY}, showlegend=False)
    names = short_names(curves["arm"].unique().tolist())
    traces = [
        go.Scatter(
            x=part["confidence"], y=part["accuracy"], name=names[str(arm)], mode="lines+markers",
            text=[f"{int(count)} predictions" for count in part["count"]], line=line(number),
            marker={"symbol": symbol(number)},
        )
        for number, (arm, part) in enumerate(curves.groupby("arm", sort=False))
    ]  # fmt: skip
    return canvas([diagonal, *traces], x="confidence", y="accuracy")


def robustness(table: pd.DataFrame, metric: str) -> go.Figure:
    """Return each arm's metric on one task over severity, a mean over kinds; 0 is images as they are."""
    names = short_names(table["arm"].unique().tolist())
    traces = []
    for number, (arm, part) in enumerate(table.groupby("arm", sort=False)):
        means = part.groupby("severity")["score"].mean()
        x, y = [0, *means.index], [part["clean"].iloc[0], *means]
        traces.append(go.Scatter(x=x, y=y, name=names[str(arm)], mode="lines+markers", line=line(number)))
    return canvas(traces, x="severity of corruption", y=f"{metric} on test").update_layout(xaxis={"dtick": 1})


def affinity(table: pd.DataFrame) -> go.Figure:
    """Return how far a step for each task (row) lowers the loss of each task (column), of one shared arm."""
    cells = table.pivot(index="source", columns="target", values="affinity")
    order = list(dict.fromkeys(table["source"]))
    cells = cells.reindex(index=order[::-1], columns=order)
    rows, columns = [f"step for {name}" for name in cells.index], [f"loss of {name}" for name in cells.columns]
    heat = go.Heatmap(
        z=cells.to_numpy(), x=columns, y=rows,
        text=[[f"{value:.2g}" for value in row] for row in cells.to_numpy()], texttemplate="%{text}",
        colorscale="RdBu", zmid=0, showscale=False,
    )  # fmt: skip
    return canvas([heat], height=120 + 40 * len(cells))


def outer(scores: pd.DataFrame) -> go.Figure:
    """Return every complete trial's score on the outer split over that on validation."""
    names = short_names(scores["arm"].unique().tolist())
    traces = [
        go.Scatter(
            x=part["validation"], y=part["outer"], name=names[str(arm)], mode="markers",
            text=[f"trial {trial}" for trial in part["trial"]],
            marker={"color": color(number), "size": 7, "symbol": symbol(number)},
        )
        for number, (arm, part) in enumerate(scores.groupby("arm", sort=False))
    ]  # fmt: skip
    return canvas(traces, x="objective on validation", y="objective on the outer split")


def few_shot(table: pd.DataFrame, metric: str) -> go.Figure:
    """Return each arm's score on one task over its number of training examples, all being the last point."""
    names = short_names(table["arm"].unique().tolist())
    traces = []
    for number, (arm, part) in enumerate(table.groupby("arm", sort=False)):
        error = {"array": part["high"] - part["score"], "arrayminus": part["score"] - part["low"], "thickness": 1}
        text = ["all examples" if pd.isna(k) else f"{k:g} of each class" for k in part["examples_per_class"]]
        traces.append(
            go.Scatter(
                x=part["num_train"], y=part["score"], error_y=error, name=names[str(arm)], mode="lines+markers",
                text=text, line=line(number), marker={"symbol": symbol(number)},
            )
        )  # fmt: skip
    figure = canvas(traces, x="training examples (log scale)", y=f"{metric} on test")
    return figure.update_layout(xaxis={"type": "log", "dtick": "D2"})


def importances(table: pd.DataFrame, arms: Sequence[str]) -> go.Figure:
    """Return the importance of each hyperparameter, arm by arm."""
    names = short_names(arms)
    traces = []
    for number, arm in enumerate(arms):
        part = table[table["arm"] == arm]
        marker = {"color": color(number)}
        traces.append(
            go.Bar(x=part["importance"], y=part["hyperparameter"], name=names[arm], orientation="h", marker=marker)
        )
    return canvas(traces, x="share of importance", height=140 + 16 * len(table))


def figures(findings: Findings, metrics: dict[str, str]) -> dict[str, go.Figure]:
    """Return every plot that there is data for, by its place in the page.

    Args:
        findings: What was found.
        metrics: Each task's metric.
    """
    found: dict[str, go.Figure | None] = {}
    for task, one in findings.tasks.items():
        found[f"forest-{task}"] = forest(one.standings, metrics[task])
        if len(one.standings.table) > 1:
            found[f"ranks-{task}"] = ranks(one.standings)
        if len(one.reliability):
            found[f"reliability-{task}"] = reliability(one.reliability)
        corrupted = findings.robustness[findings.robustness["task"] == task]
        if len(corrupted):
            found[f"robustness-{task}"] = robustness(corrupted, metrics[task])
        few = findings.few_shot[findings.few_shot["task"] == task]
        if len(few):
            found[f"few-shot-{task}"] = few_shot(few, metrics[task])
    if findings.outer is not None:
        found["outer"] = outer(findings.outer.scores)
    for number, (_, of_arm) in enumerate(findings.affinity.groupby("arm", sort=False)):
        found[f"affinity-{number}"] = affinity(of_arm)
    for group, arms in by_tasks(findings.trials["arm"].unique().tolist()).items():
        found |= {f"{place}-{group}": figure for place, figure in _of_search(findings, arms).items()}
        sliced = slices(findings.compared, findings.space, arms)
        found |= {f"pareto/{group}/{cost}": figure for cost, figure in fronts(findings.pareto, arms).items()}
        found |= {f"slices/{group}/{name}": figure for name, figure in sliced.items()}
    return {place: figure for place, figure in found.items() if figure is not None}


def _of_search(findings: Findings, arms: Sequence[str]) -> dict[str, go.Figure | None]:
    """Return the plots of what arms on the same tasks found in the search."""
    found: dict[str, go.Figure | None] = {}
    of_trials, of_time, important, depths = (
        table[table["arm"].isin(arms)]
        for table in (findings.by_trials, findings.by_time, findings.importances, findings.depths)
    )
    if len(of_trials):
        found["by-trials"] = lines(of_trials, arms, "trials", "trials")
        found["by-time"] = lines(of_time, arms, "seconds", "seconds of training, one trial after the other")
    if len(important):
        found["importances"] = importances(important, arms)
    if len(depths):
        found["freezing"] = freezing(findings.freezing, depths, arms)
    found["parallel"] = parallel(findings.compared, findings.space, arms)
    return found
