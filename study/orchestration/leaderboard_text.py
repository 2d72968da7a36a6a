"""The leaderboard as text."""

from __future__ import annotations

import pandas as pd

from study.orchestration.text_table import Table, shown, with_interval

_COLUMNS = ("rank", "arm", "task", "metric", "validation", "test", "interval", "seeds", "trial", "trials")


def leaderboard_text(table: pd.DataFrame) -> Table:
    """Return a leaderboard as text, best first within each task; what is missing is left blank."""
    return shown(with_interval(table, "test_low", "test_high"), {name: name for name in _COLUMNS})


def leaderboard_markdown(table: pd.DataFrame) -> str:
    """Return a leaderboard as a Markdown table."""
    return leaderboard_text(table).markdown()
