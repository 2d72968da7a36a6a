"""Plans and records brought up to where the study runs now: another machine, other folders, what is on the shelf."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from study.adapters.checkpoint_shelf import CheckpointHome
from study.values.arm import Arm
from study.values.plan import TrialPlan
from study.values.problems import InputError
from study.values.records import TrialRecord
from study.values.spec import ResourcesSpec


@dataclass(frozen=True, kw_only=True)
class Fresh:
    """Where a study runs now."""

    directory: Path
    """The study directory, or the local mirror of one at a URL."""
    checkpoints: CheckpointHome
    """Those of running trials."""
    root: Path
    """Folder of the spec."""
    cache_dir: Path
    """Folder on the nodes for caches."""
    resources: ResourcesSpec
    arms: Collection[Arm] | None = None
    """The study's; None where nobody asks."""

    def plan(self, plan: TrialPlan) -> TrialPlan:
        """Return a plan with the folders and resources of now; what is trained stays as it is.

        Raises:
            InputError: If it is of no arm of the study: the functions that it names would be run.
        """
        if self.arms is not None and plan.arm not in self.arms:
            raise InputError(f"the record in {plan.folder} is of an arm that the spec does not name; it was changed")
        return plan.model_copy(
            update={
                "root": str(self.root),
                "cache_dir": str(self.cache_dir),
                "num_threads": self.resources.threads_per_worker,
                "num_workers": self.resources.workers_per_trial,
                "num_gpus": self.resources.gpus_per_trial,
                "cache_gib": self.resources.cache_gib,
                "feature_cache_gib": self.resources.feature_cache_gib,
            }
        )

    def resumed(self, record: TrialRecord) -> TrialRecord:
        """Return the record of an interrupted trial, ready to go on from its last checkpoint.

        Without one it starts over: the epochs on record come out the same again.
        """
        plan = self.plan(record.plan).model_copy(update={"checkpoint": self._checkpoint(record)})
        return record.model_copy(update={"plan": plan})

    def from_backbone(self, record: TrialRecord, origin: TrialRecord) -> TrialRecord:
        """Return the record of a trial that is to begin with the backbone that a complete assessment kept.

        Where that is gone, the trial fails with the reason.
        """
        kept = origin.checkpoint or f"{origin.plan.folder}/checkpoint"
        place = self.checkpoints.offer(kept, self.directory / kept) or kept
        return record.model_copy(update={"plan": record.plan.model_copy(update={"backbone_checkpoint": place})})

    def _checkpoint(self, record: TrialRecord) -> str | None:
        return None if record.checkpoint is None else self.checkpoints.find(record.checkpoint)
