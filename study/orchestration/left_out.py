"""Leaving one task out: what a backbone learns from the other tasks, put to the one that it has not seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from study.values.arm import Arm
from study.values.nothing_trained import is_nothing_trained
from study.values.plan import TrialPlan
from study.values.protocols import Protocol
from study.values.records import TrialRecord
from study.values.unfreezing import heads_alone_epochs
from study.values.variant import LeftOut, Transferred


@dataclass(frozen=True, kw_only=True)
class LeftOutPair:
    """A backbone and the task that it is not trained on: its selected trials, shared and fine-tuned for that task."""

    shared: TrialRecord
    single: TrialRecord

    @property
    def task(self) -> str:
        """Name of the task left out."""
        return self.single.plan.arm.task_names[0]

    @property
    def why_not(self) -> str | None:
        """Why there is nothing to find out; None where there is."""
        plan = self.shared.plan
        if plan.trains_heads_only:
            return "the selected shared configuration freezes every stage, so the backbone stays as it was"
        values = plan.hyperparameters
        if heads_alone_epochs(values) >= plan.epochs:
            return "the selected shared configuration trains heads alone in all epochs, so the backbone stays as it was"
        if self.shared.epochs and is_nothing_trained(self.shared.epochs[-1].notes):
            return (
                "the unfrozen stages of the selected shared configuration have nothing that its method learns by, "
                "so the backbone stays as it was"
            )
        if (values.freezing_depth or values.keeps_weights) and not plan.arm.backbone.is_pretrained:
            # A person's own space may do so; such weights are not in a checkpoint, and every seed draws others.
            return "the selected shared configuration freezes random weights, which are others in every training"
        return None

    def without_its_task(self, plan: TrialPlan) -> TrialPlan:
        """Return the plan of training the shared configuration on the other tasks.

        Their weights stay as they are to each other. Where all are 0 they are equal, for something has to be learned.

        Args:
            plan: Of assessing it on all tasks.
        """
        weights = {name: w for name, w in plan.hyperparameters.task_weights.items() if name != self.task}
        others = [name for name in plan.arm.task_names if name != self.task]
        if not sum(weights.get(name, 1.0) for name in others):
            weights = {}
        hyperparameters = plan.hyperparameters.model_copy(update={"task_weights": weights})
        changes = {"variant": LeftOut(task=self.task), "hyperparameters": hyperparameters}
        return plan.model_copy(update={**changes, "robustness": False, "affinity": False})

    def started_from(self, origin: TrialPlan, plan: TrialPlan) -> TrialPlan:
        """Return the plan of adapting the backbone that was trained on the other tasks.

        Args:
            origin: Of training it.
            plan: Of assessing the fine-tuned configuration from the original backbone.
        """
        variant = Transferred(origin=origin.folder, trial=origin.number)
        return plan.model_copy(update={"variant": variant, "robustness": False})


def left_out_pairs(selected: Iterable[TrialRecord]) -> list[LeftOutPair]:
    """Return every backbone with each task that it was both shared for, with others, and fine-tuned for.

    Args:
        selected: The selected trial of each arm.
    """
    trials = list(selected)
    single = {_key(one.plan.arm): one for one in trials if one.plan.arm.protocol is Protocol.FINE_TUNING}
    return [
        LeftOutPair(shared=one, single=single[one.plan.arm.backbone.name, task])
        for one in trials
        if one.plan.arm.protocol.is_multi_task
        for task in one.plan.arm.task_names
        if (one.plan.arm.backbone.name, task) in single
    ]


def _key(arm: Arm) -> tuple[str, str]:
    return arm.backbone.name, arm.task_names[0]
