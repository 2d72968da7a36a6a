"""A peer: a rank above 0 of a trial, in a Ray actor beside the trial's own."""

from __future__ import annotations

from pathlib import Path

import torch

from study.adapters.remote.fetching import with_checkpoints_here
from study.learning import process_group
from study.learning.ranks import Ranks
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.plan import TrialPlan


class Peer:
    """Trains its part of every batch of one trial after another; measures, records and keeps nothing."""

    def __init__(self, rank: int, size: int) -> None:
        self._ranks = Ranks(rank=rank, size=size)
        self._materials = Materials()
        self._trial: Trial | None = None

    def prepare(self, plan: str, checkpoint: str | None) -> None:
        """Set a trial up where rank 0 has it.

        Args:
            plan: As JSON.
            checkpoint: Folder on this node to go on from.
        """
        self._trial = None
        # Rank 0 says where it goes on from: its checkpoint may have come from afar.
        planned = TrialPlan.model_validate_json(plan).model_copy(update={"checkpoint": checkpoint})
        with with_checkpoints_here(planned) as here:
            self._trial = Trial(here, self._materials, self._ranks)

    def join(self, meeting_point: str, timeout_s: float) -> None:
        """Connect with the other ranks, once for all trials; they do so at the same time."""
        assert self._trial is not None, "prepared before"
        process_group.join(self._ranks, Path(meeting_point), self._trial.device, timeout_s=timeout_s)

    def train_epoch(self) -> None:
        """Train the trial's next epoch, together with the other ranks."""
        assert self._trial is not None, "prepared before"
        self._trial.train_epoch()

    def threads(self) -> tuple[int, int]:
        """Return how many threads torch computes with, within an operation and between operations."""
        return torch.get_num_threads(), torch.get_num_interop_threads()

    def __repr__(self) -> str:
        return f"Peer(rank={self._ranks.rank})"
