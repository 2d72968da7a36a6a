"""The driver's custom metrics: how many trials stand where, how good the best are, why some failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from study.adapters.progress.state import ArmProgress
from study.adapters.ray_metrics.gauges import Gauges
from study.adapters.ray_metrics.names import BEST_OBJECTIVE, FAILED_TRIALS, TRIALS
from study.adapters.ray_metrics.reasons import FailureKinds
from study.adapters.watcher import Watcher
from study.values.arm import Arm
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.states import TrialState


class RayMetricsWatcher(Watcher):
    """Sets the gauges of a phase of a study; Ray must be running."""

    def __init__(
        self, gauges: Gauges, study: str, arms: Sequence[Arm], purpose: Purpose, *, earlier: Sequence[TrialRecord] = ()
    ) -> None:
        """Start from what ended before.

        Args:
            gauges: What is set; outlives the phase.
            study: The study's name, in label `study`.
            arms: All of the study's.
            purpose: Phase whose trials are watched.
            earlier: Records of the phase's trials from before now.
        """
        self._gauges = gauges
        self._study = study
        self._purpose = purpose
        self._arms = {arm.id: ArmProgress(arm=arm) for arm in arms}
        self._kinds = FailureKinds()
        self._failed: Counter[tuple[str, str]] = Counter()
        for record in earlier:
            if record.state.is_final:
                self._count(record)
        for arm in self._arms.values():
            self._show(arm)

    def on_start(self, record: TrialRecord) -> None:
        """Count a trial as running."""
        arm = self._arms[record.plan.arm.id]
        arm.running.add(record.plan.folder)
        self._show(arm)

    def on_end(self, record: TrialRecord) -> None:
        """Count a trial by how it ended."""
        self._count(record)
        self._show(self._arms[record.plan.arm.id])

    def close(self) -> None:
        """Count nothing as running any more: what was let go of waits for the study to be resumed."""
        for arm in self._arms.values():
            arm.running.clear()
            self._show(arm)

    def _count(self, record: TrialRecord) -> None:
        arm_id = record.plan.arm.id
        self._arms[arm_id].end(record)
        if record.state is TrialState.FAILED:
            self._failed[arm_id, self._kinds.label(record.reason or "")] += 1

    def _show(self, arm: ArmProgress) -> None:
        labels = {"study": self._study, "arm": arm.arm.id}
        phase = {**labels, "purpose": self._purpose.value}
        for state in TrialState:
            number = len(arm.running) if state is TrialState.RUNNING else arm.ended[state]
            self._gauges.set(TRIALS, number, **phase, state=state.value)
        for (arm_id, reason), number in self._failed.items():
            if arm_id == arm.arm.id:
                self._gauges.set(FAILED_TRIALS, number, **phase, reason=reason)
        if arm.best is not None and self._purpose is Purpose.SEARCH:
            self._gauges.set(BEST_OBJECTIVE, arm.best, **labels, metric=arm.metric)
