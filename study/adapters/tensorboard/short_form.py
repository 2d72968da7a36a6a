"""An ended trial in few bytes: hyperparameters, final metrics and outcome in one small event file, without its curve.

TensorBoard's HPARAMS tab takes a session for a run and a run for a folder (tensorboard 2.21, `list_session_groups`:
the sessions are the runs that hold a session's start, and of each tag in a run only the first metadata is kept). So one
folder cannot hold the trials of a study; one small file a trial is the least that parallel coordinates work from.

Both forms are written from the record, which holds all that was ever told of the trial; so either can be had again.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event

from study.adapters.tensorboard import summaries
from study.adapters.tensorboard.event_files import holds, holds_alone, write_alone
from study.adapters.tensorboard.experiment import compared_tags
from study.adapters.tensorboard.hparams import plan_hparams
from study.values.records import TrialRecord

SHORT_FORM = "short"
"""Name of the event file of a trial without its curve."""
_LONG_FORM = "whole"
"""Name of the event file of a trial whose curve was had again; after `short` in the order that TensorBoard reads."""


def shorten(folder: Path, record: TrialRecord, *, anew: bool = False) -> None:
    """Leave of an ended trial's events what the HPARAMS tab shows, and its outcome.

    Args:
        folder: The trial's.
        record: Its record.
        anew: Whether to write it even if it is there, for it is damaged.
    """
    if anew or not holds_alone(folder, SHORT_FORM):
        write_alone(folder, SHORT_FORM, list(_short(record)))


def lengthen(folder: Path, record: TrialRecord, *, anew: bool = False) -> None:
    """Give an ended trial its curve back, if it lost it.

    Args:
        folder: The trial's.
        record: Its record.
        anew: Whether to write it even if it is there, for it is damaged.
    """
    if anew or holds(folder, SHORT_FORM):
        write_alone(folder, _LONG_FORM, list(_long(record)))


def _short(record: TrialRecord) -> Iterator[Event]:
    yield _start(record)
    if record.epochs:
        last = record.epochs[-1]
        shown = {tag: last.metrics[tag] for tag in compared_tags(record.plan.arm) if tag in last.metrics}
        yield Event(wall_time=_ended_at(record), step=last.epoch, summary=summaries.scalars(shown))
    yield from _end(record)


def _long(record: TrialRecord) -> Iterator[Event]:
    yield _start(record)
    passed = accumulate(epoch.duration_s for epoch in record.epochs)
    for epoch, seconds in zip(record.epochs, passed, strict=True):
        at = min(record.started_at + seconds, _ended_at(record))
        yield Event(wall_time=at, step=epoch.epoch, summary=summaries.scalars(epoch.metrics))
    yield from _end(record)


def _start(record: TrialRecord) -> Event:
    start = summaries.session_start(plan_hparams(record.plan), at=record.started_at)
    return Event(wall_time=record.started_at, summary=start)


def _end(record: TrialRecord) -> Iterator[Event]:
    at = _ended_at(record)
    if record.held_out:
        yield Event(wall_time=at, step=record.last_epoch, summary=summaries.scalars(record.held_out))
    yield Event(wall_time=at, summary=summaries.outcome(record))
    yield Event(wall_time=at, summary=summaries.session_end(record))


def _ended_at(record: TrialRecord) -> float:
    assert record.ended_at is not None, "of a trial that ended"
    return record.ended_at
