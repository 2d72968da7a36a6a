"""What an actor trains: one trial with all its workers, or a pack of trials in one process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from study.adapters.tune.going_on import set_up
from study.adapters.tune.peer_errors import WorkerLostError
from study.adapters.tune.worker_group import WorkerGroup
from study.learning.checkpoint import save_beginning
from study.trial.assessment import Assessment, assess, save_assessment
from study.trial.materials import Materials
from study.trial.pack import Outcome, TrialPack
from study.trial.trial import Trial
from study.values.plan import Purpose, TrialPlan
from study.values.variant import FewShot


class Training(Protocol):
    """Trials, by their position, epoch by epoch. What goes wrong in one is its outcome and not raised."""

    @property
    def assessments(self) -> Mapping[int, Assessment]:
        """What was assessed, by position: when all have ended, if that is their purpose."""
        ...

    @property
    def numbers(self) -> Sequence[int]:
        """Positions of the trials that go on."""
        ...

    def epochs(self) -> Iterator[Mapping[int, Outcome]]:
        """Train, yielding what every epoch gave for each trial that trained it.

        Raises:
            WorkerLostError: If a worker's process is gone.
        """
        ...

    def drop(self, numbers: Iterable[int]) -> None:
        """Train some of the trials no further."""
        ...

    def save(self, folder: Path) -> None:
        """Write a checkpoint."""
        ...


class AloneTraining:
    """One trial; of several workers, this process is the first."""

    def __init__(self, plan: TrialPlan, materials: Materials, workers: WorkerGroup) -> None:
        """Set the trial up."""
        self._workers = workers
        self._trial: Trial | None = None
        self._failure: Exception | None = None
        self._goes_on = True
        self.assessments: dict[int, Assessment] = {}
        """Of the trial, if that is its purpose and it has ended."""
        try:
            self._trial = set_up(plan, materials)
        except Exception as error:
            self._failure = error

    @property
    def numbers(self) -> Sequence[int]:
        """The trial, or nothing."""
        return [0] if self._goes_on else []

    def epochs(self) -> Iterator[Mapping[int, Outcome]]:
        """Train; score a whole assessment on test."""
        for outcome in self._outcomes():
            yield {0: outcome}
            if not self._goes_on:
                return

    def drop(self, numbers: Iterable[int]) -> None:
        """Train no further."""
        self._goes_on = self._goes_on and 0 not in set(numbers)

    def save(self, folder: Path) -> None:
        """Write a checkpoint, after an assessment's last epoch too: that is what gets exported.

        Few-shot models are not exported, and there are many: of one that is scored only its predictions are kept.
        """
        assert self._trial is not None, "only a trial that trained asks for one"
        if self.assessments and isinstance(self._trial.plan.variant, FewShot):
            save_beginning(folder)
        else:
            self._trial.save(folder)
        for assessment in self.assessments.values():
            save_assessment(folder, assessment)

    def _outcomes(self) -> Iterator[Outcome]:
        try:
            if self._failure is not None:
                raise self._failure
            trial = self._trial
            assert trial is not None, "a trial that could not be set up has failed"
            if trial.is_over:
                self._finish(trial)
            for record in self._workers.epochs(trial):
                if trial.is_over:
                    self._finish(trial)
                yield record
        except WorkerLostError:
            raise  # like the death of this process: Tune tries the trial again, from its checkpoint
        except Exception as error:
            self._goes_on = False
            yield error

    def _finish(self, trial: Trial) -> None:
        self._goes_on = False
        if trial.plan.opens_test:
            self.assessments[0] = assess(trial)
        elif trial.plan.purpose is Purpose.ASSESSMENT:
            trial.use_chosen_weights()  # they are all that is wanted of it


def training_of(plans: Sequence[TrialPlan], materials: Materials, workers: WorkerGroup) -> Training:
    """Set up the training of one plan or of a pack's."""
    return AloneTraining(plans[0], materials, workers) if len(plans) == 1 else TrialPack(plans, materials, set_up)
