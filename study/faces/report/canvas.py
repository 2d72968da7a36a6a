"""What all plots have in common: colours, and how they are laid out on a page that is light, dark or printed."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

COLORS = ("#4477aa", "#ee6677", "#228833", "#ccbb44", "#66ccee", "#aa3377", "#bbbbbb")
"""Told apart with any colour vision (Tol, 2021, Colour Schemes, "bright")."""
SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x")
"""Of arms beyond the colours, which begin anew."""
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
GREY = "#888"
"""Legible on white and on black. The page gives text its own colour where it can."""
_LEGEND_LINE = 22


def color(number: int) -> str:
    """Return the colour of the arm at a place."""
    return COLORS[number % len(COLORS)]


def symbol(number: int) -> str:
    """Return the marker of the arm at a place."""
    return SYMBOLS[number // len(COLORS) % len(SYMBOLS)]


def line(number: int) -> dict[str, str]:
    """Return how the line of the arm at a place is drawn."""
    return {"color": color(number), "dash": DASHES[number // len(COLORS) % len(DASHES)]}


def canvas(traces: list[Any], *, x: str = "", y: str = "", height: int = 340, legend: bool = True) -> go.Figure:
    """Return a figure without a background of its own, with room for a legend below.

    Args:
        traces: What is drawn.
        x: Title of the horizontal axis.
        y: Title of the vertical axis.
        height: Of the plot, in pixels, without the legend.
        legend: Whether traces with names are listed.
    """
    names = [trace.name for trace in traces if trace.name and trace.showlegend is not False] if legend else []
    room = _LEGEND_LINE * len(names) if len(names) > 1 else 0
    axis = {"gridcolor": "rgba(136,136,136,0.25)", "zerolinecolor": "rgba(136,136,136,0.4)", "automargin": True}
    figure = go.Figure(traces)
    figure.update_layout(
        template="none",
        height=height + room,
        margin={"l": 40, "r": 20, "t": 30, "b": 50 + room},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": GREY, "family": "system-ui, sans-serif"},
        showlegend=bool(room),
        # One arm a line, so that long names are not wider than a phone.
        legend={"orientation": "v", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0, "xanchor": "left"},
        xaxis={**axis, "title": {"text": x}},
        yaxis={**axis, "title": {"text": y}},
    )
    return figure
