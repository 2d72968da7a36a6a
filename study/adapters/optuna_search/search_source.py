"""Which trial is searched next, over all arms of a study."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from optuna.storages import BaseStorage

from study.adapters.checkpoint_shelf import CheckpointHome
from study.adapters.optuna_search.allowance import Allowance
from study.adapters.optuna_search.arm_study import ArmStudy, AskedTrial
from study.adapters.optuna_search.handing_on import HandedOn
from study.adapters.optuna_search.packing import PackSize, pack_size
from study.adapters.optuna_search.planner import SearchPlanner
from study.adapters.optuna_search.space import Space
from study.adapters.optuna_search.used_up_file import UsedUpFile
from study.adapters.source import Cost, TrialSource, no_difference
from study.values.arm import Arm, ArmFacts
from study.values.packing import is_packable, pack_together
from study.values.plan import TrialPlan
from study.values.problems import InputError
from study.values.records import EpochRecord, TrialRecord
from study.values.spec import StudySpec
from study.values.states import TrialState
from study.values.warm_start import WarmConfiguration

_LEAD = 2
"""Trials by which an arm may get ahead of the others where its trials are cheaper; what a study that runs out of time
owes its arms differs by no more."""


class SearchSource(TrialSource):
    """Hands out the trials that were interrupted, then new ones, the arm with the fewest first."""

    def __init__(
        self,
        spec: StudySpec,
        arms: Sequence[tuple[Arm, ArmFacts]],
        *,
        storage: BaseStorage,
        earlier: Mapping[int, TrialRecord],
        root: Path,
        checkpoints: CheckpointHome,
        cache_dir: str,
        warm: Mapping[str, Sequence[WarmConfiguration]] = MappingProxyType({}),
        directory: Path | None = None,
    ) -> None:
        """Open every arm's Optuna study and bring it in line with the records.

        What the records say has ended is told to Optuna, if it does not know; what was asked for and never handed
        out is told as failed and does not count. A trial that ended and has no record, for it was lost or set aside,
        is trained once more: the same number, hyperparameters and seed.

        Args:
            spec: The study's.
            arms: Its arms, with what their spaces are told of them.
            storage: Where Optuna keeps its trials.
            earlier: Records of searched trials that the study directory holds, by number.
            root: Folder of the spec.
            checkpoints: Where those of interrupted trials are.
            cache_dir: Folder on every node for decoded images and features.
            warm: What the first trials of an arm are to be, by its id.
            directory: The study directory, where is kept which arms' spaces are used up; nothing is where not given.

        Raises:
            InputError: If a space cannot be loaded, or storage and records are not of one study.
        """
        self._spec = spec
        self._planner = SearchPlanner(spec=spec, root=root, checkpoints=checkpoints, cache_dir=cache_dir)
        self._arms = {
            arm.id: ArmStudy(
                arm,
                facts,
                Space.load(spec.search.space_for(arm.protocol), root),
                spec=spec,
                storage=storage,
                warm=warm.get(arm.id, ()),
            )
            for arm, facts in arms
        }
        population = spec.search.population_based_training
        self._handed_on = None if population is None else HandedOn(population.size, checkpoints, earlier.values())
        self._told: set[int] = set()
        """Trials that go on though the storage knows how they ended."""
        self.decided: dict[str, int] = {}
        """Epochs that a trial trained before its record was lost, by its folder: it ends there again."""
        asked = {arm_id: study.asked() for arm_id, study in self._arms.items()}
        _check_same_study(asked, earlier, spec)
        self._next_number = 1 + max((trial.number for trials in asked.values() for trial in trials), default=-1)
        numbers = {arm_id: [trial.number for trial in trials] for arm_id, trials in asked.items()}
        self._allowance = Allowance(
            spec, [arm for arm, _ in arms], asked=numbers, earlier=earlier, used_up=UsedUpFile(directory)
        )
        self._waiting = self._settle(asked, earlier)
        for record in self._waiting:
            self._allowance.goes_on(record.plan)
        self._prepared: TrialRecord | None = None

    def num_possible(self) -> int:
        """Return how many trials there may be in all, those handed out before included."""
        return sum(study.num_asked + self._allowance.possible(study.arm) for study in self._arms.values())

    def next(self, cost: Cost = no_difference, num_places: int = 1) -> Sequence[TrialRecord]:
        """Return the trial to run next, or a pack; empty where every arm has had its trials."""
        first = self._waiting.pop(0) if self._waiting else self._ask_any(cost)
        if first is None:
            return []
        records = [first]
        size = self._pack_size(first.plan, num_places)
        while len(records) < (size.of_drawn if self._waiting else size.of_new):
            record = self._waiting.pop(0) if self._waiting else self._take(first.plan.arm.id)
            if record is None:
                break
            if not pack_together(first.plan, record.plan):
                self._waiting.insert(0, record)
                break
            records.append(record)
        return records

    def prepare(self) -> None:
        """Ask for the trial that is due next, before there is room for it.

        One trial at most: the sampler ought to know as much as it can of those that still run.
        """
        if self._prepared is None and not self._waiting and any(self._left(arm_id) > 0 for arm_id in self._arms):
            self._prepared = self._ask(self._due(no_difference))

    def report(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Tell Optuna of an epoch."""
        self._allowance.trained(plan, epoch)
        if plan.number in self._told:
            return
        self._arms[plan.arm.id].report(plan.arm_number, epoch.epoch, epoch.objective)

    def finish(self, record: TrialRecord) -> None:
        """Tell Optuna how a trial ended."""
        self._allowance.ended(record)
        if self._handed_on is not None:
            self._handed_on.ended(record)
        if record.plan.number in self._told:
            return
        arm_study = self._arms[record.plan.arm.id]
        arm_study.finish(record.plan.arm_number, record.state, record.objective, record.reason, record.costs)

    def _pack_size(self, plan: TrialPlan, num_places: int) -> PackSize:
        if not is_packable(plan):
            return PackSize(1, 1)
        num_left = 1 + len(self._waiting) + sum(self._left(arm_id) for arm_id in self._arms)
        num_asked = self._arms[plan.arm.id].num_asked
        return pack_size(self._spec, num_asked=num_asked, num_left=num_left, num_places=num_places)

    def _ask_any(self, cost: Cost) -> TrialRecord | None:
        while any(self._left(arm_id) > 0 for arm_id in self._arms):
            record = self._take(self._due(cost))
            if record is not None:
                return record
        return None

    def _left(self, arm_id: str) -> int:
        """Return how many trials an arm may be handed now."""
        return self._is_prepared(arm_id) + self._allowance.left(self._arms[arm_id].arm)

    def _is_prepared(self, arm_id: str) -> bool:
        return self._prepared is not None and self._prepared.plan.arm.id == arm_id

    def _take(self, arm_id: str) -> TrialRecord | None:
        """Return an arm's next trial, the one made ready where it is that arm's."""
        if self._prepared is None or not self._is_prepared(arm_id):
            return self._ask(arm_id)
        prepared, self._prepared = self._prepared, None
        return prepared.model_copy(update={"started_at": time.time()})

    def _due(self, cost: Cost) -> str:
        """Return the arm whose turn it is: the cheapest of those that are not too far ahead, the fewest asked first."""
        handed = {
            arm_id: study.num_asked - self._is_prepared(arm_id)
            for arm_id, study in self._arms.items()
            if self._left(arm_id) > 0
        }
        fewest = min(handed.values())
        due = [arm_id for arm_id, number in handed.items() if number <= fewest + _LEAD]
        return min(due, key=lambda arm_id: (cost(self._arms[arm_id].arm.backbone.name), handed[arm_id]))

    def _ask(self, arm_id: str) -> TrialRecord | None:
        arm_study = self._arms[arm_id]
        if self._allowance.left(arm_study.arm) <= 0:
            return None
        trial = arm_study.ask(self._next_number)
        if trial is None:
            print(self._exhausted(arm_study), file=sys.stderr, flush=True)
            self._allowance.has_no_other(arm_study.arm)
            return None
        self._next_number += 1
        record = TrialRecord(plan=self._plan(arm_study, trial), started_at=time.time())
        self._allowance.asks(record.plan)
        return record

    def _exhausted(self, arm_study: ArmStudy) -> str:
        population, num_asked = self._spec.search.population_based_training, arm_study.num_asked
        why = (
            "no configuration of its space is left that no trial had"
            if population is None or num_asked < population.size
            else f"all {population.size} trials of a generation failed and left none to go on from"
        )
        wanted = num_asked + self._allowance.wanted(arm_study.arm)
        return f"{arm_study.arm.id}: {why}, so it ends with {num_asked} trials instead of {wanted}"

    def _settle(self, asked: Mapping[str, list[AskedTrial]], earlier: Mapping[int, TrialRecord]) -> list[TrialRecord]:
        """Bring Optuna in line with the records and return the trials to go on with, in order of number."""
        interrupted = []
        for arm_id, trials in asked.items():
            self._arms[arm_id].discard_orphans()
            for trial in trials:
                record = earlier.get(trial.number)
                if trial.state.is_final:
                    if record is None or not record.state.is_final:
                        # The storage outlived the machine, whose last records did not reach the directory; or the
                        # record was damaged.
                        self._told.add(trial.number)
                        interrupted.append(self._go_on(self._arms[arm_id], trial, record))
                    if record is None and trial.state is not TrialState.FAILED and trial.epochs:
                        self.decided[interrupted[-1].plan.folder] = trial.epochs
                    continue
                if record is not None:
                    self._catch_up(record)
                if record is None or not record.state.is_final:
                    interrupted.append(self._go_on(self._arms[arm_id], trial, record))
            self._arms[arm_id].flush()
        return sorted(interrupted, key=lambda record: record.plan.number)

    def _catch_up(self, record: TrialRecord) -> None:
        """Tell Optuna what the record knows."""
        for epoch in record.epochs:
            self.report(record.plan, epoch)
        if record.state.is_final:
            self.finish(record)

    def _go_on(self, arm_study: ArmStudy, trial: AskedTrial, record: TrialRecord | None) -> TrialRecord:
        """Return the record with which an interrupted trial begins again; its plan is made anew for this machine."""
        if record is None:
            return TrialRecord(plan=self._plan(arm_study, trial), started_at=time.time())
        plan = self._plan(arm_study, trial, checkpoint=record.checkpoint)
        kept = {"micro_batches": record.plan.micro_batches}
        return record.model_copy(update={"plan": plan.model_copy(update=kept)})

    def _plan(self, arm_study: ArmStudy, trial: AskedTrial, checkpoint: str | None = None) -> TrialPlan:
        plan = self._planner.plan(arm_study.arm, trial, facts=arm_study.facts, checkpoint=checkpoint)
        if self._handed_on is None or not plan.lineage:
            return plan
        parent = plan.lineage[-1]
        left = self._handed_on.left_by(plan.arm.id, parent.trial, parent.until_epoch)
        if left is None:
            return plan
        kept: dict[str, Any] = {"micro_batches": left.micro_batches}
        # Where the checkpoint is gone it trains what its ancestors trained once more.
        if plan.checkpoint is None and left.checkpoint is not None:
            kept["checkpoint"] = self._planner.checkpoints.find(left.checkpoint)
        return plan.model_copy(update=kept)


def _check_same_study(
    asked: Mapping[str, list[AskedTrial]], earlier: Mapping[int, TrialRecord], spec: StudySpec
) -> None:
    known = {(arm_id, trial.number) for arm_id, trials in asked.items() for trial in trials}
    unknown = [number for number, record in earlier.items() if (record.plan.arm.id, number) not in known]
    if unknown:
        listed = ", ".join(map(str, sorted(unknown)[:10]))
        raise InputError(
            f"the study directory has records of trials that the storage does not know: {listed} "
            f"({len(unknown)} in all); name the storage that the study was begun with"
        )
    ended = [trial for trials in asked.values() for trial in trials if trial.state.is_final]
    # A file in the directory is of this study, whatever became of the records beside it.
    if ended and not earlier and spec.storage.url is not None:
        raise InputError(
            f"the storage holds {len(ended)} finished trials of a study called {spec.name!r}, of which this directory "
            "has no record; resume that study in its own directory, or choose another name or another storage"
        )
