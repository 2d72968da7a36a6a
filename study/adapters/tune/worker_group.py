"""The workers of a trial: this process, rank 0, and a peer for each further bundle of the trial's placement group."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import GetTimeoutError, RayActorError, RayTaskError
from ray.util.placement_group import get_current_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from study.adapters.tune.peer import Peer
from study.adapters.tune.peer_errors import WorkerLostError, cause_of
from study.adapters.tune.peer_watch import PeerWatch
from study.learning import process_group
from study.learning.errors import TrainingError
from study.trial.trial import Trial
from study.values.records import EpochRecord

TIMEOUT_S = 600.0
"""Seconds after which a worker that does not answer is given up: far longer than any worker waits for another in
earnest, since all have the same to do."""
_VERDICT_S = 30.0
"""Seconds that Ray is given to say that a process is gone."""


class WorkerGroup:
    """Trains trials, one after another, with the peers that it starts for the first one that needs them."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        self._timeout_s = timeout_s
        self._peers: list[Any] = []
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def epochs(self, trial: Trial) -> Iterator[EpochRecord]:
        """Train a trial on all its workers, yielding a record after every epoch.

        Raises:
            WorkerLostError: If a worker's process is gone.
            Exception: What went wrong in the trial itself, in whichever worker.
        """
        if trial.ranks.alone:
            yield from trial.epochs()
            return
        self._prepare(trial)
        yield from trial.epochs(lambda: self._train_epoch(trial))

    def close(self) -> None:
        """End the peers."""
        for peer in self._peers:
            ray.kill(peer)
        self._peers = []
        process_group.leave()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def _prepare(self, trial: Trial) -> None:
        """Set the trial up in every peer, as it stands here: what rank 0 put into the caches, they find there."""
        is_new = not self._peers
        if is_new:
            self._folder = tempfile.TemporaryDirectory(prefix="study-workers-")
            self._peers = _start(trial.ranks.size)
        assert self._folder is not None, "there as long as the peers are"
        folder = Path(self._folder.name)
        plan = trial.plan.model_dump_json()
        checkpoint = folder / "checkpoint"
        if trial.epoch:
            trial.save(checkpoint)
        self._everywhere("prepare", plan, str(checkpoint) if trial.epoch else None)
        if is_new:
            meeting_point = folder / "meeting"
            self._everywhere(
                "join",
                str(meeting_point),
                self._timeout_s,
                here=lambda: process_group.join(trial.ranks, meeting_point, trial.device, timeout_s=self._timeout_s),
            )

    def _train_epoch(self, trial: Trial) -> None:
        self._everywhere("train_epoch", here=trial.train_epoch)

    def _everywhere(self, method: str, *arguments: Any, here: Callable[[], None] | None = None) -> None:
        """Let every peer do something, and this process do `here` at the same time."""
        answers = [getattr(peer, method).remote(*arguments) for peer in self._peers]
        watch = PeerWatch(self._peers, answers)
        try:
            if here is not None:
                with watch:
                    here()
            _await(answers, timeout_s=None if here is None else self._timeout_s)
        except TrainingError:
            # Said by all ranks at once, at the same step: they remain fit for the next trial.
            ray.wait(answers, num_returns=len(answers), timeout=self._timeout_s)
            raise
        except Exception as error:
            cause = watch.cause or _verdict(answers, error)
            self.close()
            if cause is error:
                raise
            raise cause from error


def _start(size: int) -> list[Any]:
    """Start the peers, each in its own bundle of the placement group that this actor is in."""
    group = get_current_placement_group()
    assert group is not None, "Tune starts a trial's actor in a placement group"
    bundles = group.bundle_specs
    assert len(bundles) == size, f"a trial of {size} workers was given {len(bundles)} bundles"
    return [
        ray.remote(Peer)
        .options(
            num_cpus=bundle.get("CPU", 0),
            num_gpus=bundle.get("GPU", 0),
            scheduling_strategy=PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=rank),
        )
        .remote(rank, size)
        for rank, bundle in enumerate(bundles)
        if rank > 0
    ]


def _await(answers: Sequence[Any], *, timeout_s: float | None) -> None:
    try:
        ray.get(list(answers), timeout=timeout_s)
    except (RayActorError, RayTaskError, GetTimeoutError) as error:
        raise cause_of(error) from error


def _verdict(answers: Sequence[Any], error: Exception) -> Exception:
    """Return why an exchange between workers broke off, where this rank alone cannot tell."""
    if not process_group.is_broken_connection(error):
        return error
    # The others notice that this rank is gone; of those, none is to blame.
    process_group.leave()
    ready, _ = ray.wait(list(answers), num_returns=len(answers), timeout=_VERDICT_S)
    for answer in ready:
        try:
            ray.get(answer)
        except Exception as other:
            cause = cause_of(other)
            if not process_group.is_broken_connection(cause):
                return cause
    return WorkerLostError(f"a worker does not answer: {error}")
