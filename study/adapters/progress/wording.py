"""How progress is said in words and digits."""

from __future__ import annotations

from rich.text import Text

from study.adapters.progress.state import ArmProgress, Progress
from study.values.records import TrialRecord
from study.values.states import TrialState

_LONGEST_REASON = 160
ENDED = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED)


def time_left(seconds: float | None) -> str:
    """Return seconds left as a person says them; `estimating` where they are not known yet."""
    if seconds is None:
        return "estimating"
    return f"about {duration(seconds)}" if seconds >= 1 else "moments"


def duration(seconds: float) -> str:
    """Return a length of time in its two largest units: `8 s`, `2 min 5 s`, `3 h 20 min`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def reason_line(reason: str | None) -> str:
    """Return the first line of a reason, free of control codes and not too long."""
    lines = (reason or "").strip().splitlines()
    plain = Text.from_ansi(lines[0]).plain if lines else "no reason given"
    printable = "".join(letter for letter in plain if letter.isprintable())
    return printable if len(printable) <= _LONGEST_REASON else f"{printable[: _LONGEST_REASON - 3]}..."


def best(arm: ArmProgress) -> str:
    """Return an arm's best objective so far, with the metric's name."""
    return "none yet" if arm.best is None else f"{arm.best:.4f} {arm.metric}"


def end_line(progress: Progress, record: TrialRecord, now: float) -> str:
    """Return a line about a trial that just ended."""
    plan = record.plan
    arm = progress.arms[plan.arm.id]
    said = [f"{record.state.value} after {record.last_epoch}/{plan.epochs} epochs"]
    if record.objective is not None:
        said.append(f"{record.objective:.4f} {arm.metric}")
    if record.state is TrialState.FAILED:
        said.append(reason_line(record.reason))
    said.append(f"best {best(arm)}")
    if progress.ended < progress.total:
        said.append(f"left: {time_left(progress.time_left_s(now))}")
    return f"[{progress.phase} {progress.ended}/{progress.total}] {plan.arm.id} {plan.id}: {', '.join(said)}"


def death_line(progress: Progress, record: TrialRecord, reason: str) -> str:
    """Return a line about a trial that is going to be tried again."""
    plan = record.plan
    where = f"[{progress.phase} {progress.ended}/{progress.total}] {plan.arm.id} {plan.id}"
    return f"{where}: tried again after {record.last_epoch}/{plan.epochs} epochs, {reason_line(reason)}"


def counts_line(progress: Progress, now: float) -> str:
    """Return a line about where the whole phase stands."""
    counts = [f"{progress.running} running", *(f"{progress.count(state)} {state.value}" for state in ENDED)]
    if progress.ended < progress.total:
        counts.append(f"left: {time_left(progress.time_left_s(now))}")
    return f"[{progress.phase} {progress.ended}/{progress.total}] {', '.join(counts)}"
