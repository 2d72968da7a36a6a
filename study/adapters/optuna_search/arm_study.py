"""One arm's Optuna study: asked for configurations, told what became of them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import optuna
from optuna.storages import BaseStorage
from optuna.study import StudyDirection
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from study.adapters.optuna_search.grid import GridSampler
from study.adapters.optuna_search.quiet import quiet_optuna
from study.adapters.optuna_search.samplers import make_sampler
from study.adapters.optuna_search.space import Space
from study.values.arm import Arm, ArmFacts
from study.values.hyperparameters import Hyperparameters
from study.values.problems import InputError
from study.values.seeds import derive_seed
from study.values.spec import StudySpec
from study.values.states import TrialState

NUMBER, HYPERPARAMETERS, REASON = "number", "hyperparameters", "reason"
"""User attributes of a trial. NUMBER is written last: a trial without it was never handed out."""
IDENTITY = "identity"
"""User attribute of the Optuna study: the spec's identity."""
_MAX_REASON = 10_000
"""Characters; a database's text column holds no more than 64 KiB, and the record has it whole."""

_STATES = {
    OptunaState.RUNNING: TrialState.RUNNING,
    OptunaState.COMPLETE: TrialState.COMPLETE,
    OptunaState.PRUNED: TrialState.PRUNED,
    OptunaState.FAIL: TrialState.FAILED,
}
_OPTUNA_STATES = {ours: optunas for optunas, ours in _STATES.items()}


@dataclass(frozen=True, kw_only=True)
class AskedTrial:
    """A trial that was handed out."""

    number: int
    """In the study."""
    arm_number: int
    """Optuna's own."""
    place: int
    """Trials of the arm handed out before it."""
    state: TrialState
    hyperparameters: Hyperparameters


class ArmStudy:
    """One arm's Optuna study, made in the storage or found there."""

    def __init__(self, arm: Arm, facts: ArmFacts, space: Space, *, spec: StudySpec, storage: BaseStorage) -> None:
        """Open it.

        Args:
            arm: Whose it is.
            facts: What the space is told of the arm.
            space: What is searched.
            spec: Says how, and what the study is called.
            storage: Where its trials are kept.

        Raises:
            InputError: If the storage holds another study under the same name.
        """
        self.arm = arm
        self._facts = facts
        self._space = space
        self._spec = spec
        self._storage = storage
        self._name = f"{spec.name}/{arm.id}"
        with quiet_optuna():
            self._study = optuna.create_study(
                study_name=self._name,
                storage=storage,
                direction=StudyDirection.MAXIMIZE if arm.maximize else StudyDirection.MINIMIZE,
                pruner=optuna.pruners.NopPruner(),
                load_if_exists=True,
            )
        self._claim()

    def asked(self) -> list[AskedTrial]:
        """Return the trials handed out, in that order."""
        return [
            AskedTrial(
                number=trial.user_attrs[NUMBER],
                arm_number=trial.number,
                place=place,
                state=_STATES[trial.state],
                hyperparameters=Hyperparameters.model_validate(trial.user_attrs[HYPERPARAMETERS]),
            )
            for place, trial in enumerate(self._asked())
        ]

    def unfinished(self) -> list[AskedTrial]:
        """Return the trials handed out that have not ended."""
        return [trial for trial in self.asked() if not trial.state.is_final]

    def discard_orphans(self) -> None:
        """Tell as failed what was asked for and never handed out, because the process died in between."""
        for trial in self._study.get_trials(deepcopy=False, states=(OptunaState.RUNNING,)):
            if NUMBER not in trial.user_attrs:
                self.finish(trial.number, TrialState.FAILED, None, "interrupted before it started")

    def ask(self, number: int) -> AskedTrial | None:
        """Return a new trial, or None where the grid has no more.

        Args:
            number: The trial's number in the study.

        Raises:
            InputError: If the space fails; that Optuna trial is told as failed.
        """
        earlier = self._asked()
        seed = derive_seed(self._spec.seed, self.arm.id, "sampler", len(earlier))
        sampler = make_sampler(self._spec.search, seed=seed, asked=earlier)
        if isinstance(sampler, GridSampler) and sampler.is_exhausted:
            return None
        self._study.sampler = sampler
        trial = self._study.ask()
        try:
            hyperparameters = self._space.suggest(trial, self._facts)
        except InputError as error:
            self.finish(trial.number, TrialState.FAILED, None, str(error))
            raise
        trial.set_user_attr(HYPERPARAMETERS, hyperparameters.model_dump(mode="json"))
        trial.set_user_attr(NUMBER, number)
        return AskedTrial(
            number=number,
            arm_number=trial.number,
            place=len(earlier),
            state=TrialState.RUNNING,
            hyperparameters=hyperparameters,
        )

    def report(self, arm_number: int, epoch: int, value: float) -> None:
        """Tell the objective after an epoch; one that is known already is left as it is.

        Args:
            arm_number: Optuna's number of the trial.
            epoch: Counted from 1.
            value: The objective.
        """
        trial_id, trial = self._find(arm_number)
        if epoch not in trial.intermediate_values:
            self._storage.set_trial_intermediate_value(trial_id, epoch, value)

    def finish(self, arm_number: int, state: TrialState, value: float | None, reason: str | None = None) -> None:
        """Tell how a trial ended; telling it again changes nothing.

        Args:
            arm_number: Optuna's number of the trial.
            state: A final state. A complete trial without a finite objective is told as failed.
            value: The objective after its last epoch; needed of a complete trial only.
            reason: Why it failed or was stopped.

        Raises:
            ValueError: If it has ended otherwise.
        """
        assert state.is_final, "only an end is told"
        if state is TrialState.COMPLETE and (value is None or not math.isfinite(value)):
            state, reason = TrialState.FAILED, f"the objective is {value}"
        trial_id, trial = self._find(arm_number)
        if trial.state.is_finished():
            if _STATES[trial.state] is not state:
                raise ValueError(
                    f"{self._name} trial {arm_number} is {trial.state.name}; it cannot become {state.value}"
                )
            return
        if reason is not None:
            self._storage.set_trial_user_attr(trial_id, REASON, reason[:_MAX_REASON])
        self._study.tell(arm_number, value if state is TrialState.COMPLETE else None, state=_OPTUNA_STATES[state])

    def _asked(self) -> list[FrozenTrial]:
        return [trial for trial in self._study.get_trials(deepcopy=False) if NUMBER in trial.user_attrs]

    def _find(self, arm_number: int) -> tuple[int, FrozenTrial]:
        study_id = self._storage.get_study_id_from_name(self._name)
        trial_id = self._storage.get_trial_id_from_study_id_trial_number(study_id, arm_number)
        return trial_id, self._storage.get_trial(trial_id)

    def _claim(self) -> None:
        identity = self._study.user_attrs.get(IDENTITY)
        if identity is None:
            self._study.set_user_attr(IDENTITY, self._spec.identity)
        elif identity != self._spec.identity:
            raise InputError(
                f"the storage holds another study called {self._spec.name!r} (its spec differs); "
                "choose another name or another storage"
            )
