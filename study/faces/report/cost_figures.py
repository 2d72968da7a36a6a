"""Plots of what trials score against what their models cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from study.faces.report.arm_names import short_names
from study.faces.report.canvas import GREY, canvas, color, symbol
from study.values.metric_names import Cost

_DECADE = 10
"""Costs that differ by more are shown on a logarithmic axis."""


def fronts(table: pd.DataFrame, arms: Sequence[str]) -> dict[str, go.Figure]:
    """Return for each cost the objective of the arms' complete trials over it, those on the front over arms filled.

    With one cost alone the front is a line: what can be had for at most so much.

    Args:
        table: As `pareto` returns it.
        arms: Ids of arms on the same tasks.
    """
    own = table[table["arm"].isin(arms)]
    costs = [cost.value for cost in Cost if cost.value in table.columns]
    return {cost: _front(own, cost, arms, is_only=len(costs) == 1) for cost in costs if len(own)}


def _front(table: pd.DataFrame, cost: str, arms: Sequence[str], *, is_only: bool) -> go.Figure:
    names = short_names(arms)
    traces: list[Any] = []
    if is_only:
        front = table[table["on_front"].astype(bool)].sort_values(cost)
        steps = {"color": GREY, "dash": "dot", "shape": "hv"}
        traces.append(go.Scatter(x=front[cost], y=front["objective"], mode="lines", line=steps, showlegend=False))
    for number, arm in enumerate(arms):
        traces.append(_points(table[table["arm"] == arm], cost, names[arm], number))
    figure = canvas(traces, x=cost, y="objective on validation")
    if len(table) and table[cost].min() > 0 and table[cost].max() / table[cost].min() > _DECADE:
        figure.update_layout(xaxis={"type": "log", "dtick": 1, "exponentformat": "power"})
    return figure


def _points(part: pd.DataFrame, cost: str, name: str, number: int) -> go.Scatter:
    filled, hollow = symbol(number), f"{symbol(number)}-open"
    return go.Scatter(
        x=part[cost].to_numpy(dtype=float),
        y=part["objective"].to_numpy(dtype=float),
        customdata=[_told(row) for row in part.to_dict(orient="records")],
        name=name,
        mode="markers",
        marker={
            "color": color(number),
            "size": [10 if on_front else 6 for on_front in part["on_front"]],
            "symbol": [filled if on_front else hollow for on_front in part["on_front"]],
        },
        hovertemplate="%{x:.4g}: %{y:.4g}, %{customdata}",
    )


def _told(row: dict[Any, Any]) -> str:
    return f"trial {row['trial']}" + ("" if row["feasible"] else ", beyond the constraints")
