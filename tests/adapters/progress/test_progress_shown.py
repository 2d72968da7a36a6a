import io
import re

import builders
import pytest
from rich.console import Console

from study.adapters.progress import make_progress
from study.adapters.progress.drawing import draw
from study.adapters.progress.live import LiveProgress
from study.adapters.progress.plain import PlainProgress
from study.adapters.progress.state import Progress
from study.adapters.progress.wording import duration, reason_line, time_left
from study.values.protocols import Protocol
from study.values.states import TrialState

ARMS = builders.arms()
SHARED = builders.arm(Protocol.SHARED_REPRESENTATION)


class Clock:
    """Seconds that pass only when a test says so."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def plain(clock):
    """Return a plain watcher and what it has written so far, as lines."""
    console = Console(file=io.StringIO(), force_terminal=False, width=40)
    watcher = PlainProgress(Progress(ARMS, 4, phase="search", earlier=[]), console, clock=clock)
    return watcher, lambda: console.file.getvalue().splitlines()


def test_plain_output_has_a_line_a_trial_and_no_control_codes(plain, clock):
    watcher, lines = plain
    watcher.on_start(builders.record(0))
    watcher.on_start(builders.record(1, arm=SHARED))
    clock.now = 12.0
    watcher.on_end(builders.record(0, epochs=3, state=TrialState.COMPLETE))
    reason = "\x1b[31mloss [bold]is\x07 not finite\x1b[0m\nTraceback: long"
    watcher.on_end(builders.record(1, epochs=1, state=TrialState.FAILED, reason=reason, arm=SHARED))
    watcher.close()
    assert lines() == [
        "[search 1/4] fine_tuning/lite0/defect 00000: complete after 3/3 epochs, 0.3000 balanced_accuracy, "
        "best 0.3000 balanced_accuracy, left: about 12 s",
        "[search 2/4] shared_representation/lite0/defect+type 00001: failed after 1/3 epochs, "
        "0.1000 balanced_accuracy, loss [bold]is not finite, best none yet, left: about 12 s",
        "[search 2/4] 0 running, 1 complete, 0 pruned, 1 failed, left: about 12 s",
    ]


def test_plain_output_beats_at_most_every_half_minute(plain, clock):
    watcher, lines = plain
    watcher.on_start(builders.record(0))
    for second in range(1, 76):
        clock.now = float(second)
        watcher.on_epoch(builders.plan(0), builders.epoch(1))
    beat = "[search 0/4] 1 running, 0 complete, 0 pruned, 0 failed, left: estimating"
    assert lines() == [beat, beat]


def test_a_trial_that_is_tried_again_is_said_with_the_reason(plain):
    watcher, lines = plain
    watcher.on_start(builders.record(0))
    watcher.on_death(builders.record(0, epochs=2), "its worker died: node gone\nmore")
    said = "fine_tuning/lite0/defect 00000: tried again after 2/3 epochs, its worker died: node gone"
    assert lines() == [f"[search 0/4] {said}"]


def test_off_a_terminal_lines_are_written_and_on_one_a_drawing():
    def kind(console):
        return type(make_progress(ARMS, 4, phase="search", console=console))

    assert kind(Console(file=io.StringIO(), force_terminal=False)) is PlainProgress
    assert kind(Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "xterm"})) is LiveProgress
    assert kind(Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})) is PlainProgress


def test_the_drawing_shows_every_arm_its_counts_its_best_and_its_last_failure(clock):
    progress = Progress(ARMS, 6, phase="search", earlier=[])
    progress.start(builders.record(0), 0.0)
    progress.start(builders.record(1), 0.0)
    progress.end(builders.record(0, epochs=3, state=TrialState.COMPLETE), 90.0)
    failed = builders.record(2, state=TrialState.FAILED, reason="out of [memory]\nmore", arm=SHARED)
    progress.end(failed, 90.0)
    console = Console(file=io.StringIO(), width=110, record=True, force_terminal=True, _environ={})
    console.print(draw(progress, 90.0))
    text = console.export_text()
    assert re.search(r"^search .* 2 of 6 trials +left: about 2 min 15 s", text)
    assert re.search(r"^fine_tuning/lite0/defect +1 +1 +0 +0 +0\.3000 balanced_accuracy", text, re.MULTILINE)
    assert re.search(r"^shared_representation/lite0/defect\+type +0 +0 +0 +1 +none yet", text, re.MULTILINE)
    assert f"{SHARED.id}: last failure: out of [memory]\n" in re.sub(r" +\n", "\n", text)


def test_a_terminal_is_left_with_the_final_drawing_and_its_cursor():
    console = Console(file=io.StringIO(), force_terminal=True, width=100, _environ={"TERM": "xterm"})
    watcher = make_progress([builders.arm()], 1, phase="assessment", console=console)
    watcher.on_start(builders.record(0))
    watcher.on_epoch(builders.plan(0), builders.epoch(1))
    watcher.on_death(builders.record(0, epochs=1), "its worker died: node gone")
    watcher.on_end(builders.record(0, epochs=3, state=TrialState.COMPLETE))
    watcher.close()
    watcher.close()
    written = console.file.getvalue()
    assert "tried again after 1/3 epochs" in written
    assert "1 of 1 trials" in written
    assert "done" in written
    assert written.index("\x1b[?25l") < written.rindex("\x1b[?25h")


def test_a_terminal_on_which_nothing_ran_is_left_alone():
    console = Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "xterm"})
    make_progress(ARMS, 4, phase="search", console=console).close()
    assert console.file.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.2, "0 s"),
        (59.4, "59 s"),
        (59.6, "1 min 0 s"),
        (3599, "59 min 59 s"),
        (3600, "1 h 0 min"),
        (9000, "2 h 30 min"),
    ],
)
def test_durations(seconds, said):
    assert duration(seconds) == said


def test_what_is_not_known_is_not_said():
    assert time_left(None) == "estimating"
    assert time_left(0.0) == "moments"
    assert reason_line(None) == "no reason given"
    assert reason_line("  \n") == "no reason given"
    assert len(reason_line("x" * 500)) == 160
