"""Plots of the search: the objective of complete trials over each hyperparameter, and over all of them together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from study.faces.report.arm_names import short_names
from study.faces.report.canvas import canvas, color, symbol
from study.faces.report.scales import Scale, scale_of
from study.orchestration.trials_table import FACTS

_MIN_TRIALS = 3
_AXIS_WIDTH = 92
"""Pixels between two of the parallel axes: their names are to be read."""
_NONE = "none"


def complete_of(trials: pd.DataFrame, arms: Sequence[str]) -> pd.DataFrame:
    """Return the complete trials of some arms."""
    complete: pd.DataFrame = trials[(trials["state"] == "complete") & trials["arm"].isin(arms)]
    return complete


def varied(complete: pd.DataFrame) -> list[str]:
    """Return the hyperparameters that differ between trials, in the table's order."""
    return [name for name in complete.columns if name not in FACTS and complete[name].nunique(dropna=False) > 1]


def slices(trials: pd.DataFrame, space: pd.DataFrame, arms: Sequence[str]) -> dict[str, go.Figure]:
    """Return for each hyperparameter the objective of the arms' complete trials over it.

    Every figure has one trace an arm, in the arms' order, empty where it has none of it.

    Args:
        trials: Of the study.
        space: The range of each hyperparameter of each arm.
        arms: Ids of arms on the same tasks.
    """
    complete = complete_of(trials, arms)
    names = short_names(arms)
    found = {}
    for name in varied(complete):
        scale = scale_of(complete[name], space[space["arm"].isin(arms) & (space["hyperparameter"] == name)])
        traces = [_slice(complete[complete["arm"] == arm], name, scale, names[arm], n) for n, arm in enumerate(arms)]
        figure = canvas(traces, x=name, y="objective", height=260, legend=False)
        found[name] = figure.update_layout(xaxis=_axis(scale), margin={"t": 10, "r": 10})
    return found


def _slice(part: pd.DataFrame, hyperparameter: str, scale: Scale, name: str, number: int) -> go.Scatter:
    part = part[part[hyperparameter].notna()]
    values = part[hyperparameter]
    return go.Scatter(
        x=values.astype(str).tolist() if scale.categories else values.to_numpy(dtype=float),
        y=part["objective"].to_numpy(dtype=float),
        customdata=part["trial"].to_numpy(),
        name=name,
        mode="markers",
        marker={"color": color(number), "symbol": symbol(number), "size": 6, "opacity": 0.7},
        hovertemplate="%{x}: %{y:.4g}, trial %{customdata}",
    )


def _axis(scale: Scale) -> dict[str, Any]:
    if scale.categories:
        return {"type": "category", "categoryorder": "array", "categoryarray": list(scale.categories)}
    return {"type": "log", "dtick": 1, "exponentformat": "power"} if scale.log else {"type": "linear"}


def freezing(trials: pd.DataFrame, effects: pd.DataFrame, arms: Sequence[str]) -> go.Figure:
    """Return the mean objective of each arm at each freezing depth with its interval, over the trials themselves.

    Args:
        trials: Every complete trial's freezing depth and objective.
        effects: What complete trials of each arm reached at each depth.
        arms: Ids of arms on the same tasks.
    """
    names = short_names(arms)
    traces = []
    for number, arm in enumerate(arms):
        aside = 0.6 * ((number + 0.5) / len(arms) - 0.5)  # arms stand side by side at each depth
        own, means = trials[trials["arm"] == arm], effects[(effects["arm"] == arm) & effects["mean"].notna()]
        marker = {"color": color(number), "symbol": symbol(number)}
        traces.append(
            go.Scatter(
                x=own["freezing_depth"].to_numpy(dtype=float) + aside, y=own["objective"].to_numpy(dtype=float),
                customdata=own["trial"].to_numpy(), name=names[arm], legendgroup=arm, showlegend=False,
                mode="markers", marker={**marker, "size": 5, "opacity": 0.4},
                hovertemplate="%{y:.4g}, trial %{customdata}",
            )
        )  # fmt: skip
        error = {"array": means["high"] - means["mean"], "arrayminus": means["mean"] - means["low"]}
        traces.append(
            go.Scatter(
                x=means["freezing_depth"].to_numpy(dtype=float) + aside, y=means["mean"], name=names[arm],
                legendgroup=arm, mode="markers", marker={**marker, "size": 10}, error_y={**error, "thickness": 2},
                text=[f"{trials} trials" for trials in means["trials"]],
            )
        )  # fmt: skip
    figure = canvas(traces, x="freezing depth (stages frozen)", y="objective on validation")
    # Intervals of few trials may be far wider than anything that was reached.
    reached = trials.loc[trials["arm"].isin(arms), "objective"]
    margin = 0.1 * (reached.max() - reached.min()) or 0.1
    return figure.update_layout(xaxis={"dtick": 1}, yaxis={"range": [reached.min() - margin, reached.max() + margin]})


def parallel(trials: pd.DataFrame, space: pd.DataFrame, arms: Sequence[str]) -> go.Figure | None:
    """Return the complete trials of some arms as lines over all their hyperparameters; None for few.

    Args:
        trials: Of the study.
        space: The range of each hyperparameter of each arm.
        arms: Ids of arms on the same tasks.
    """
    complete = complete_of(trials, arms)
    if len(complete) < _MIN_TRIALS or complete["objective"].nunique() < 2:
        return None
    dimensions = []
    if len(arms) > 1:
        named = complete["arm"].map(dict(short_names(arms)))
        dimensions.append(_dimension("arm", named, Scale(categories=tuple(named.unique()))))
    for name in varied(complete):
        scale = scale_of(complete[name], space[space["arm"].isin(arms) & (space["hyperparameter"] == name)])
        dimensions.append(_dimension(name, complete[name], scale))
    dimensions.append(_dimension("objective", complete["objective"], Scale()))
    colors = {"color": complete["objective"].to_numpy(dtype=float), "colorscale": "Viridis", "showscale": False}
    # Slanted, as names are longer than the axes are apart.
    lines = go.Parcoords(dimensions=dimensions, line=colors, labelangle=-20, labelside="top")
    figure = canvas([lines], height=440)
    width = _AXIS_WIDTH * (len(dimensions) + 1)
    return figure.update_layout(width=width, margin={"l": 110, "r": 70, "t": 110, "b": 20})


def _dimension(label: str, values: pd.Series, scale: Scale) -> dict[str, Any]:
    """Return one of the parallel axes; a trial without the hyperparameter goes through a place of its own below."""
    placed, ticks = _placed(values, scale)
    missing = np.isnan(placed)
    if missing.any() and ticks is None:
        ticks = {value: f"{value:.4g}" for value in np.linspace(np.nanmin(placed), np.nanmax(placed), 4).tolist()}
    if missing.any() and ticks is not None:
        below = float(np.nanmin(placed) - (0.15 * (np.nanmax(placed) - np.nanmin(placed)) or 1))
        placed = np.where(missing, below, placed)
        ticks = {below: _NONE, **ticks}
    marks = {} if ticks is None else {"tickvals": list(ticks), "ticktext": list(ticks.values())}
    return {"label": label, "values": placed, **marks}


def _placed(values: pd.Series, scale: Scale) -> tuple[np.ndarray, Mapping[float, str] | None]:
    """Return where values lie on an axis, NaN where missing, and its marks; None for those that numbers have anyway."""
    if scale.categories:
        places = {name: float(place) for place, name in enumerate(scale.categories)}
        placed = values.map(lambda value: math.nan if pd.isna(value) else places[str(value)])
        return placed.to_numpy(dtype=float), {place: name for name, place in places.items()}
    numbers = values.to_numpy(dtype=float)
    if not scale.log:
        return numbers, None
    logs = np.log10(numbers)
    low, high = float(np.nanmin(logs)), float(np.nanmax(logs))
    decades = [float(power) for power in range(math.ceil(low), math.floor(high) + 1)]
    if len(decades) < 2:
        decades = [low, high]
    return logs, {power: f"{10**power:.3g}" for power in decades}
