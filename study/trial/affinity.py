"""How far a step for one task helped the others, as it was measured while an assessment trained."""

from __future__ import annotations

from pathlib import Path

from study.learning.affinity import measure_affinities
from study.learning.loop import Learner
from study.learning.model import trained_parameters
from study.trial.kept_values import KeptValues
from study.values.frozen import Frozen
from study.values.plan import TrialPlan
from study.values.seeds import derive_seed
from study.values.unfreezing import heads_alone_epochs

FILE = "affinity.json"


class Affinity(Frozen):
    """What a step for one task did for another, on one batch."""

    epoch: int
    """At whose beginning, counted from 1."""
    source: str
    """Task whose loss the step is along."""
    target: str
    """Task whose loss is compared before and after."""
    value: float
    """Share of the target's loss that the step takes away; negative where it adds to it."""


_KEPT = KeptValues(FILE, Affinity)
load_affinities = _KEPT.load
"""Return what was written into a folder; empty where nothing was."""


class AffinityMeasurement:
    """Measures once an epoch; nothing unless the plan asks for it and tasks share what is trained."""

    def __init__(self, plan: TrialPlan) -> None:
        """Begin with none."""
        self._is_wanted = plan.affinity
        self._num_alone = heads_alone_epochs(plan.hyperparameters)
        self.found: list[Affinity] = []

    def measure(self, learner: Learner, epoch: int, seed: int) -> None:
        """Measure at the beginning of an epoch, if that is wanted.

        Args:
            learner: As it is then, and as it is left.
            epoch: Counted from 1.
            seed: The epoch's.
        """
        if not self._is_wanted or not learner.ranks.alone or not _is_shared(learner):
            return
        names = learner.task_names
        self.found += [
            Affinity(epoch=epoch, source=names[source], target=names[target], value=value)
            for (source, target), value in measure_affinities(learner, derive_seed(seed, "affinity")).items()
        ]

    def why_not(self, learner: Learner) -> str | None:
        """Return why it is not measured although it is wanted; None where it is, or is not wanted."""
        if not self._is_wanted:
            return None
        if not _is_shared(learner):
            return "not measured: nothing that tasks share is trained"
        if not learner.ranks.alone:
            return "not measured: several workers train this trial"
        return (
            f"not measured in the first {self._num_alone} epochs: heads alone are trained" if self._num_alone else None
        )

    def save(self, folder: Path) -> None:
        """Write what was measured so far into a checkpoint's folder."""
        if self.found:
            _KEPT.save(folder, self.found)

    def load(self, folder: Path) -> None:
        """Go on with what a checkpoint's folder holds."""
        self.found = load_affinities(folder)


def _is_shared(learner: Learner) -> bool:
    shared, _ = trained_parameters(learner.model)
    return bool(shared) and not learner.model.trains_heads_alone
