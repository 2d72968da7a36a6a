"""A list worked through: a line an item where nothing can be drawn, and what is yielded is the list."""

import io

import pytest
from rich.console import Console

from study.adapters.progress import counted


def shown(*, terminal, quiet=False):
    console = Console(file=io.StringIO(), force_terminal=terminal, width=80)
    items = list(counted(["a", "[b]"], phase="rank", name=lambda item: f"{item} on x", quiet=quiet, console=console))
    return items, console.file.getvalue()


def test_a_pipe_gets_a_line_an_item():
    items, written = shown(terminal=False)
    assert items == ["a", "[b]"]
    assert written.splitlines() == ["[rank 1/2] a on x: 0 s", "[rank 2/2] [b] on x: 0 s"]


def test_a_terminal_gets_a_bar_that_names_the_item():
    items, written = shown(terminal=True)
    assert items == ["a", "[b]"]
    assert "rank [b] on x" in written


@pytest.mark.parametrize("terminal", [True, False])
def test_quiet_is_quiet(terminal):
    assert shown(terminal=terminal, quiet=True) == (["a", "[b]"], "")
