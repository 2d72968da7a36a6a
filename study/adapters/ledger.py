"""The ledger: the records of the trials now running; everything that happens to them passes through here."""

from __future__ import annotations

import time
from collections.abc import Sequence

from study.adapters.source import Cost, TrialSource, no_difference
from study.adapters.watcher import Watcher
from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord
from study.values.states import TrialState


class Ledger:
    """Keeps each live trial's record up to date and tells the source and the watchers of every change.

    A trial's key is its plan's folder.
    """

    def __init__(self, source: TrialSource, watchers: Sequence[Watcher]) -> None:
        self._source = source
        self._watchers = watchers
        self._live: dict[str, TrialRecord] = {}
        self.num_interrupted = 0
        """Trials let go of before their end, to be resumed."""

    @property
    def num_live(self) -> int:
        """Trials handed out and not yet ended."""
        return len(self._live)

    def take(self, cost: Cost = no_difference, num_places: int = 1) -> list[TrialPlan]:
        """Ask the source for a trial or a pack, rather a cheap one, and keep their records; empty if no more come."""
        records = self._source.next(cost, num_places)
        self._live.update({record.plan.folder: record for record in records})
        return [record.plan for record in records]

    def prepare(self) -> None:
        """Let the source make ready what comes next."""
        self._source.prepare()

    def is_live(self, key: str) -> bool:
        """Whether a trial was handed out and has not ended."""
        return key in self._live

    def epochs(self, key: str) -> Sequence[EpochRecord]:
        """Return the epochs that a live trial has behind it."""
        return self._live[key].epochs

    def start(self, key: str) -> None:
        """Note that a trial begins, or goes on."""
        for watcher in self._watchers:
            watcher.on_start(self._live[key])

    def epoch(self, key: str, epoch: EpochRecord) -> None:
        """Note an epoch. One that is known already (a trial went back to its checkpoint) is not told again, nor is one
        that another trial trained before it."""
        record = self._live[key]
        if epoch.epoch <= record.last_epoch:
            return
        self._live[key] = record.model_copy(update={"epochs": (*record.epochs, epoch)})
        self._source.report(record.plan, epoch)
        for watcher in self._watchers:
            watcher.on_epoch(record.plan, epoch)

    def plan(self, key: str) -> TrialPlan:
        """Return a live trial's plan."""
        return self._live[key].plan

    def replan(self, key: str, *, micro_batches: int) -> None:
        """Note that a live trial is going to start again with its batches in parts."""
        plan = self._live[key].plan.model_copy(update={"micro_batches": micro_batches})
        self._live[key] = self._live[key].model_copy(update={"plan": plan})

    def last_checkpoint(self, key: str) -> str | None:
        """Return where a live trial's last checkpoint lies, relative to the study directory; None if it has none."""
        return self._live[key].checkpoint

    def checkpoint(self, key: str, folder: str) -> None:
        """Note where a live trial's last checkpoint lies, relative to the study directory."""
        self._live[key] = self._live[key].model_copy(update={"checkpoint": folder})
        for watcher in self._watchers:
            watcher.on_checkpoint(self._live[key])

    def test(self, key: str, scores: dict[str, float]) -> None:
        """Note an assessment's test metrics."""
        self._live[key] = self._live[key].model_copy(update={"test": scores})

    def death(self, key: str, reason: str) -> None:
        """Note that the process which trained a live trial died; it is going to start again."""
        for watcher in self._watchers:
            watcher.on_death(self._live[key], reason)

    def is_whole(self, key: str) -> bool:
        """Whether a trial has trained for all its epochs, or until it had converged, and an assessment was scored too.

        One that goes on from before its last epoch, or starts over, may have them all on record.
        """
        record = self._live[key]
        return record.is_whole and (bool(record.test) or not record.plan.opens_test)

    def has_converged(self, key: str) -> bool:
        """Whether a live trial is over before its last epoch, for it gets no better."""
        record = self._live[key]
        return record.last_epoch < record.plan.epochs and record.plan.has_converged(record.objectives)

    def end(self, key: str, state: TrialState, reason: str | None = None, traceback: str | None = None) -> TrialRecord:
        """Note that a trial ended, and how."""
        record = self._live.pop(key).ended(state, at=time.time(), reason=reason, traceback=traceback)
        # Watchers first: the record on disk is what a resumed study believes.
        for watcher in self._watchers:
            watcher.on_end(record)
        self._source.finish(record)
        return record

    def interrupt(self, key: str) -> None:
        """Let go of a trial that was stopped before its end by no decision about it; it can be resumed."""
        self.num_interrupted += self._live.pop(key, None) is not None
