"""A trial set up to go on from its last whole checkpoint: one that is damaged is never loaded."""

from __future__ import annotations

import logging
from itertools import chain
from pathlib import Path

from study.adapters.remote.earlier import checkpoints_before
from study.adapters.remote.fetching import with_checkpoints_here
from study.learning.manifest import DamagedCheckpointError
from study.learning.ranks import Ranks
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.plan import TrialPlan

NOTE = "checkpoint"
"""Key of the note that says where the trial went on from instead."""

_log = logging.getLogger(__name__)


def set_up(plan: TrialPlan, materials: Materials) -> Trial:
    """Set a trial up, where its plan names a checkpoint to go on from that.

    From one that is damaged it does not go on, but from the one before; without one it starts over. Its record's notes
    say so.
    """
    trial = _at_its_beginning(plan, materials)
    if plan.checkpoint is None:
        return trial
    reasons = []
    for checkpoint in chain([plan.checkpoint], checkpoints_before(plan.checkpoint)):
        named = {"checkpoint": checkpoint, "backbone_checkpoint": None}
        with with_checkpoints_here(plan.model_copy(update=named)) as here:
            try:
                trial.load(Path(str(here.checkpoint)))
                break
            except DamagedCheckpointError as error:
                reasons.append(str(error))
                trial = _at_its_beginning(plan, materials)  # half of it may have been read
    if reasons:
        where = f"went on after epoch {trial.epoch}" if trial.epoch else "started over"
        trial.notes[NOTE] = f"{where}, for {'; '.join(reasons)}"
        _log.warning("%s %s %s", plan.arm.id, plan.id, trial.notes[NOTE])
    return trial


def _at_its_beginning(plan: TrialPlan, materials: Materials) -> Trial:
    with with_checkpoints_here(plan.model_copy(update={"checkpoint": None})) as here:
        trial = Trial(here, materials, Ranks(size=plan.num_workers))
    # Its peers read the backbone for themselves, and what was brought here for it is gone by then.
    trial.plan = trial.plan.model_copy(update={"backbone_checkpoint": plan.backbone_checkpoint})
    return trial
