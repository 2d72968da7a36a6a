"""The report's plots, as plotly figures."""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go

from study.orchestration.findings import Findings
from study.orchestration.findings.standings import Standings

COLORS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")
"""Told apart with any colour vision (Tol, 2021, Colour Schemes, "bright")."""
_GREY = "#888"


def forest(found: Standings, metric: str) -> go.Figure:
    """Return each arm's test score with its interval, best on top."""
    table = found.table.iloc[::-1]
    error = {"array": table["high"] - table["test"], "arrayminus": table["test"] - table["low"], "color": _GREY}
    points = go.Scatter(
        x=table["test"], y=table["arm"], error_x=error, mode="markers", marker={"color": COLORS[0], "size": 10}
    )
    return _figure([points], x=f"{metric} on test", height=120 + 40 * len(table))


def ranks(found: Standings) -> go.Figure:
    """Return how often each arm takes each rank."""
    table = found.ranks.iloc[::-1]
    columns = [f"rank {rank}" for rank in table.columns]
    text = [[f"{share:.0%}" for share in row] for row in table.to_numpy()]
    cells = go.Heatmap(
        z=table.to_numpy(), x=columns, y=list(table.index), text=text, texttemplate="%{text}", colorscale="Blues",
        zmin=0, zmax=1, showscale=False,
    )  # fmt: skip
    return _figure([cells], height=120 + 40 * len(table))


def lines(curves: pd.DataFrame, x: str, x_title: str) -> go.Figure:
    """Return the expected best validation objective of each arm over what it cost."""
    traces = [
        go.Scatter(x=part[x], y=part["expected_best"], name=str(arm), mode="lines", line={"color": _color(number)})
        for number, (arm, part) in enumerate(curves.groupby("arm", sort=False))
    ]
    return _figure(traces, x=x_title, y="expected best on validation")


def reliability(curves: pd.DataFrame) -> go.Figure:
    """Return accuracy over confidence of each arm; on the diagonal probabilities mean what they say."""
    diagonal = go.Scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": _GREY}, showlegend=False)
    traces = [
        go.Scatter(
            x=part["confidence"], y=part["accuracy"], name=str(arm), mode="lines+markers",
            text=[f"{int(count)} predictions" for count in part["count"]], line={"color": _color(number)},
        )
        for number, (arm, part) in enumerate(curves.groupby("arm", sort=False))
    ]  # fmt: skip
    return _figure([diagonal, *traces], x="confidence", y="accuracy")


def robustness(table: pd.DataFrame, metric: str) -> go.Figure:
    """Return each arm's metric on one task over severity, a mean over kinds; 0 is images as they are."""
    traces = []
    for number, (arm, part) in enumerate(table.groupby("arm", sort=False)):
        means = part.groupby("severity")["score"].mean()
        x, y = [0, *means.index], [part["clean"].iloc[0], *means]
        traces.append(go.Scatter(x=x, y=y, name=str(arm), mode="lines+markers", line={"color": _color(number)}))
    return _figure(traces, x="severity of corruption", y=f"{metric} on test").update_layout(xaxis={"dtick": 1})


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
    return _figure([heat], height=120 + 40 * len(cells))


def importances(table: pd.DataFrame) -> go.Figure:
    """Return the importance of each hyperparameter, arm by arm."""
    traces = [
        go.Bar(
            x=part["importance"], y=part["hyperparameter"], name=str(arm), orientation="h", marker={"color": _color(n)}
        )
        for n, (arm, part) in enumerate(table.groupby("arm", sort=False))
    ]
    return _figure(traces, x="share of importance", height=140 + 28 * len(table))


def freezing(table: pd.DataFrame) -> go.Figure:
    """Return the objective of every complete trial over its freezing depth."""
    traces = [
        go.Box(
            x=part["freezing_depth"], y=part["objective"], name=str(arm), boxpoints="all", pointpos=0, jitter=0.4,
            marker={"color": _color(number), "size": 5},
        )
        for number, (arm, part) in enumerate(table.groupby("arm", sort=False))
    ]  # fmt: skip
    figure = _figure(traces, x="freezing depth (stages frozen)", y="objective on validation")
    return figure.update_layout(boxmode="group", xaxis={"dtick": 1})


def parallel(trials: pd.DataFrame) -> go.Figure | None:
    """Return the complete trials' numeric hyperparameters and objective as parallel coordinates; None for few."""
    complete = trials[trials["state"] == "complete"]
    numbers = complete.select_dtypes("number").drop(columns=["trial", "epochs", "duration_s"], errors="ignore")
    varied = [name for name in numbers.columns if numbers[name].nunique() > 1 and numbers[name].notna().all()]
    if len(complete) < 3 or "objective" not in varied:
        return None
    ordered = [name for name in varied if name != "objective"] + ["objective"]
    dimensions = [{"label": name, "values": complete[name]} for name in ordered]
    line = {"color": complete["objective"], "colorscale": "Viridis", "showscale": True}
    return _figure([go.Parcoords(dimensions=dimensions, line=line)], height=420)


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
        found[f"reliability-{task}"] = reliability(one.reliability)
        corrupted = findings.robustness[findings.robustness["task"] == task]
        if len(corrupted):
            found[f"robustness-{task}"] = robustness(corrupted, metrics[task])
    for number, (_, of_arm) in enumerate(findings.affinity.groupby("arm", sort=False)):
        found[f"affinity-{number}"] = affinity(of_arm)
    if len(findings.by_trials):
        found["by-trials"] = lines(findings.by_trials, "trials", "trials")
        found["by-time"] = lines(findings.by_time, "seconds", "seconds of training, one trial after the other")
    if len(findings.importances):
        found["importances"] = importances(findings.importances)
    if findings.freezing["freezing_depth"].nunique() > 1:
        found["freezing"] = freezing(findings.freezing)
    found["parallel"] = parallel(findings.trials)
    return {place: figure for place, figure in found.items() if figure is not None}


def _color(number: int) -> str:
    return COLORS[number % len(COLORS)]


def _figure(traces: list[Any], *, x: str = "", y: str = "", height: int = 380) -> go.Figure:
    figure = go.Figure(traces)
    axis = {"gridcolor": "rgba(136,136,136,0.25)", "zerolinecolor": "rgba(136,136,136,0.4)", "automargin": True}
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 40, "r": 20, "t": 20, "b": 50},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": _GREY, "family": "system-ui, sans-serif"},
        legend={"orientation": "h", "y": -0.25},
        xaxis={**axis, "title": {"text": x}},
        yaxis={**axis, "title": {"text": y}},
    )
    return figure
