"""A pack: several trials of one arm that train heads alone, side by side in one process."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from study.learning.errors import TrainingError
from study.learning.pack import PackLearner, pack_key
from study.trial.assessment import Assessment, assess, save_assessment
from study.trial.materials import Materials
from study.trial.measuring import Evaluation, epoch_metrics
from study.trial.trial import Trial
from study.values.plan import Purpose, TrialPlan
from study.values.records import EpochRecord

Outcome = EpochRecord | Exception
"""Of a trial's epoch: its record, or why the trial failed."""


class TrialPack:
    """Trials of one arm whose backbones are frozen whole, trained together; each is as it would be alone.

    Trials whose heads and batches have equal shapes make one batched program; there is one for each shape.
    """

    def __init__(
        self,
        plans: Sequence[TrialPlan],
        materials: Materials | None = None,
        set_up: Callable[[TrialPlan, Materials], Trial] = Trial,
    ) -> None:
        """Set the trials up. One that cannot be fails alone, at the first epoch.

        Args:
            plans: What to train: `study.values.packing.pack_together` says which plans may be of one pack.
            materials: Shared by the trials of a process; the pack's own where not given.
            set_up: Makes a trial of a plan.
        """
        materials = materials or Materials()
        self._trials: dict[int, Trial] = {}
        self._failures: dict[int, Exception] = {}
        for number, plan in enumerate(plans):
            try:
                self._trials[number] = set_up(plan, materials)
            except Exception as error:
                self._failures[number] = error
        self._programs: list[tuple[list[int], PackLearner]] | None = None
        self._over: dict[int, Trial] = {}
        self.assessments: dict[int, Assessment] = {}
        """What was assessed, by position; all at once, when none trains any more."""

    @property
    def numbers(self) -> list[int]:
        """Positions of the trials that go on."""
        return sorted(self._trials)

    def epochs(self) -> Iterator[dict[int, Outcome]]:
        """Train, yielding after every epoch what it gave for each trial that trained it, by its position.

        A trial that failed or was dropped, or whose last epoch that was, goes on no further.
        """
        self._retire()
        while self._trials or self._failures or self._over.keys() - self.assessments.keys():
            outcomes: dict[int, Outcome] = {**self._failures}
            self._failures = {}
            for numbers, learner in self._stacked():
                outcomes.update(self._train_or_fail(list(numbers), learner))
            self._retire()
            if not self._trials:
                outcomes.update(self._assess())
            yield outcomes

    def drop(self, numbers: Iterable[int]) -> None:
        """Train some of the trials no further."""
        for number in set(numbers):
            self._trials.pop(number, None)
        for kept_numbers, learner in self._programs or ():
            kept = [place for place, number in enumerate(kept_numbers) if number in self._trials]
            if 0 < len(kept) < len(kept_numbers):
                learner.keep(kept)
            kept_numbers[:] = [kept_numbers[place] for place in kept]

    def save(self, folder: Path) -> None:
        """Write a checkpoint of each trial into a folder named by its position: of those that go on, and of every
        assessment, for that is what gets exported."""
        self._write_back()
        for number, trial in (self._trials | self._over).items():
            trial.save(folder / str(number))
        for number, assessment in self.assessments.items():
            save_assessment(folder / str(number), assessment)

    def _retire(self) -> None:
        """Train those no further that are over; assessments among them wait to be scored."""
        over = {number: trial for number, trial in self._trials.items() if trial.is_over}
        assessed = {n: trial for n, trial in over.items() if trial.plan.purpose is Purpose.ASSESSMENT}
        if assessed:
            self._write_back()
            self._over.update(assessed)
        self.drop(over)

    def _assess(self) -> dict[int, Outcome]:
        """Score what is over on test; return what went wrong."""
        failed: dict[int, Outcome] = {}
        for number, trial in self._over.items():
            try:
                self.assessments[number] = assess(trial)
            except Exception as error:
                failed[number] = error
        for number in failed:
            del self._over[number]
        return failed

    def _stacked(self) -> list[tuple[list[int], PackLearner]]:
        if self._programs is None:
            alike: defaultdict[object, list[int]] = defaultdict(list)
            for number, trial in self._trials.items():
                alike[pack_key(trial.plan.hyperparameters), trial.epoch].append(number)
            self._programs = [(numbers, self._stack(numbers)) for numbers in alike.values()]
        return [(numbers, learner) for numbers, learner in self._programs if numbers]

    def _stack(self, numbers: Sequence[int]) -> PackLearner:
        trials = [self._trials[number] for number in numbers]
        return PackLearner([trial.learner for trial in trials], [trial.plan.hyperparameters for trial in trials])

    def _train_or_fail(self, numbers: list[int], learner: PackLearner) -> Mapping[int, Outcome]:
        """Train an epoch; what goes wrong in the program itself is the outcome of all that are in it."""
        try:
            return self._train(numbers, learner)
        except Exception as error:
            self.drop(numbers)
            return dict.fromkeys(numbers, error)

    def _train(self, numbers: list[int], learner: PackLearner) -> Mapping[int, Outcome]:
        began = time.monotonic()
        trials = [self._trials[number] for number in numbers]
        failed = learner.train_epoch([trial.epoch_seed() for trial in trials])
        for trial in trials:
            trial.epoch += 1
        if any(trial.plan.has_outer or trial.keeps_best_weights for trial in trials):
            # A trial that is over is scored on the outer split, and its best weights are kept, by its own model.
            learner.write_back()
        train, validation = _measure(trials[0], learner)
        # What the trial took of the time that all took.
        share_s = (time.monotonic() - began) / len(trials)
        outcomes: dict[int, Outcome] = {}
        for place, (number, trial) in enumerate(zip(numbers, trials, strict=True)):
            try:
                if place in failed:
                    raise failed[place]
                metrics = epoch_metrics(trial.tasks, train[place], validation[place], trial.epoch)
                outcomes[number] = trial.record(metrics, share_s)
            except TrainingError as error:
                outcomes[number] = error
        self.drop(number for number, outcome in outcomes.items() if isinstance(outcome, Exception))
        return outcomes

    def _write_back(self) -> None:
        for numbers, learner in self._programs or ():
            if numbers:
                learner.write_back()


def _measure(any_trial: Trial, learner: PackLearner) -> tuple[Sequence[Evaluation], Sequence[Evaluation]]:
    """Return what each trial's evaluation gave, on training examples and on validation."""
    train: list[dict[int, dict[str, float]]] = [{} for _ in range(len(learner))]
    validation: list[dict[int, dict[str, float]]] = [{} for _ in range(len(learner))]
    for stream, sample in zip(learner.streams, any_trial.train_samples, strict=True):
        for gathered, rows in ((train, sample), (validation, stream.validation)):
            for of_trial, metrics in zip(gathered, learner.measure(stream, rows), strict=True):
                of_trial.update(metrics)
    return train, validation
