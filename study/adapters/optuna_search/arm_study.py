"""One arm's Optuna study: asked for configurations, told what became of them."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType

import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from study.adapters.optuna_search.arm_database import ArmDatabase
from study.adapters.optuna_search.asked_file import HYPERPARAMETERS, NUMBER, PARENT
from study.adapters.optuna_search.drawing import draw
from study.adapters.optuna_search.generations import Generations, Heir
from study.adapters.optuna_search.goals import directions_of, excesses, told_values
from study.adapters.optuna_search.history import MAX_FINISHED, History
from study.adapters.optuna_search.hub import without_pickles
from study.adapters.optuna_search.low_cost_start import starting_depths
from study.adapters.optuna_search.quiet import quiet_optuna, silent_sampling
from study.adapters.optuna_search.space import Space
from study.adapters.optuna_search.warm_start import GivenSampler, given_sampler
from study.values.arm import Arm, ArmFacts
from study.values.hyperparameters import Hyperparameters
from study.values.lineage import may_follow
from study.values.problems import InputError
from study.values.seeds import derive_seed
from study.values.spec import Sampler, StudySpec
from study.values.states import TrialState
from study.values.warm_start import WarmConfiguration

REASON = "reason"
"""User attribute of a trial: why it failed or was stopped."""
WARM_START = "warm_start"
"""User attribute of a trial that a search began with: where its configuration is from."""
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
    epochs: int = 0
    """After how many of them its objective was told."""
    ancestors: tuple[AskedTrial, ...] = ()
    """The trials that were trained before it, of which it goes on from the last, the first one first."""


class ArmStudy:
    """One arm's Optuna study: kept in memory, where samplers read it, and written through to the storage.

    The driver is the storage's only writer, so nothing is ever read back from it but when a study is opened.
    """

    def __init__(
        self,
        arm: Arm,
        facts: ArmFacts,
        space: Space,
        *,
        spec: StudySpec,
        storage: BaseStorage,
        warm: Sequence[WarmConfiguration] = (),
    ) -> None:
        """Open it, made in the storage or found there.

        Args:
            arm: Whose it is.
            facts: What the space is told of the arm.
            space: What is searched.
            spec: Says how, and what the study is called.
            storage: Where its trials are kept.
            warm: What its first trials are to be, the same whenever it is opened.

        Raises:
            InputError: If the storage holds another study under the same name.
        """
        self.arm = arm
        self.facts = facts
        self._space = space
        self._spec = spec
        self._name = f"{spec.name}/{arm.id}"
        directions = directions_of(arm, spec.search.objectives)
        self._database = ArmDatabase(storage, self._name, directions)
        self._database.claim(spec.identity, spec.name)
        self._warm = warm
        self._depths = _starting_depths(facts, spec) if spec.search.low_cost_start else ()
        """Freezing depths of its first trials, where they are given."""
        self._seed_of = partial(derive_seed, spec.seed, arm.id)
        self._generations = _generations(spec, arm, space, facts, self._seed_of)
        bounded = spec.search.sampler in (Sampler.TPE, Sampler.GP)
        self._history = History(MAX_FINISHED if bounded else None)
        with quiet_optuna():
            self._study = optuna.create_study(
                study_name=self._name, storage=self._history, directions=directions, pruner=optuna.pruners.NopPruner()
            )
        self._ids: dict[int, int] = {}
        """The history's id of each trial, by its number in the storage."""
        self._asked: list[int] = []
        """Numbers, in the storage, of the trials handed out."""
        self._configurations: set[str] = set()
        """Those of the trials handed out."""
        for trial in self._database.read():
            if NUMBER in trial.user_attrs or trial.state.is_finished():
                self._remember(
                    trial.number, self._history.create_new_trial(self._study._study_id, without_pickles(trial))
                )

    @property
    def num_asked(self) -> int:
        """Trials handed out."""
        return len(self._asked)

    def asked(self) -> list[AskedTrial]:
        """Return the trials handed out, in that order."""
        found: dict[int, AskedTrial] = {}
        for place, (arm_number, trial) in enumerate(zip(self._asked, self._frozen(), strict=True)):
            number = trial.user_attrs[NUMBER]
            parent = found[trial.user_attrs[PARENT]] if PARENT in trial.user_attrs else None
            found[number] = AskedTrial(
                number=number,
                arm_number=arm_number,
                place=place,
                state=_STATES[trial.state],
                hyperparameters=Hyperparameters.model_validate(trial.user_attrs[HYPERPARAMETERS]),
                epochs=max(trial.intermediate_values, default=0),
                ancestors=() if parent is None else (*parent.ancestors, parent),
            )
        return list(found.values())

    def unfinished(self) -> list[AskedTrial]:
        """Return the trials handed out that have not ended."""
        return [trial for trial in self.asked() if not trial.state.is_final]

    def discard_orphans(self) -> None:
        """Tell as failed what is in the storage and was never handed out."""
        for trial in self._database.read():
            if trial.state is OptunaState.RUNNING and NUMBER not in trial.user_attrs:
                self._database.finish(trial.number, OptunaState.FAIL, None, {REASON: "interrupted before it started"})

    def ask(self, number: int) -> AskedTrial | None:
        """Return a new trial, or None where the space has no configuration that was not handed out, or a population
        no trial to go on from.

        Args:
            number: The trial's number in the study.

        Raises:
            InputError: If the space fails; that Optuna trial is told as failed.
        """
        place, heir = len(self._asked), None
        if self._generations is not None and place >= self._generations.population.size:
            heir = self._generations.heir(self._frozen())
            drawn = None if heir is None else self._beget(heir)
        else:
            drawn = self._draw(place)
        if drawn is None:
            return None
        trial, hyperparameters = drawn
        trial.set_user_attr(HYPERPARAMETERS, hyperparameters.model_dump(mode="json"))
        trial.set_user_attr(NUMBER, number)
        if heir is not None:
            trial.set_user_attr(PARENT, heir.parent.user_attrs[NUMBER])
        if place < len(self._warm):
            trial.set_user_attr(WARM_START, self._warm[place].source)
        return AskedTrial(
            number=number,
            arm_number=self._write(trial._trial_id),
            place=place,
            state=TrialState.RUNNING,
            hyperparameters=hyperparameters,
            ancestors=() if heir is None else self._lineage_of(heir.parent.user_attrs[NUMBER]),
        )

    def _lineage_of(self, number: int) -> tuple[AskedTrial, ...]:
        """Return a trial with its ancestors, the first one first."""
        trial = next(trial for trial in self.asked() if trial.number == number)
        return (*trial.ancestors, trial)

    def _draw(self, place: int) -> tuple[optuna.Trial, Hyperparameters] | None:
        """Return a trial with a configuration that none has or had; None where there is no other."""
        warm = self._warm[place] if place < len(self._warm) else None
        seed = self._seed_of("sampler", place)
        return draw(
            self._study,
            self._spec.search,
            asked=self._frozen(),
            begin=None if warm is None else given_sampler(warm.values, self._space, self.facts, seed=seed),
            depth=self._depths[place] if place < len(self._depths) else None,
            seed_of=self._seed_of,
            suggest=self._suggest,
            is_taken=lambda found: _configuration(found) in self._configurations,
        )

    def _beget(self, heir: Heir) -> tuple[optuna.Trial, Hyperparameters]:
        """Return a trial that goes on from another."""
        self._study.sampler = GivenSampler(heir.params, seed=0)
        with silent_sampling():
            trial = self._study.ask()
            hyperparameters = self._suggest(trial)
        if not may_follow(hyperparameters, Hyperparameters.model_validate(heir.parent.user_attrs[HYPERPARAMETERS])):
            raise InputError(
                f"space {self._space.reference} suggests different configurations for the same parameters, so that no "
                "trial can go on from another"
            )
        return trial, hyperparameters

    def _suggest(self, trial: optuna.Trial) -> Hyperparameters:
        try:
            return self._space.suggest(trial, self.facts)
        except InputError as error:
            self._history.set_trial_user_attr(trial._trial_id, REASON, str(error)[:_MAX_REASON])
            self._history.set_trial_state_values(trial._trial_id, OptunaState.FAIL)
            self._write(trial._trial_id)
            raise

    def report(self, arm_number: int, epoch: int, value: float) -> None:
        """Tell the objective after an epoch; one that is known already is left as it is.

        Args:
            arm_number: The storage's number of the trial.
            epoch: Counted from 1.
            value: The objective.
        """
        trial_id = self._ids[arm_number]
        if epoch not in self._history.get_trial(trial_id).intermediate_values:
            self._history.set_trial_intermediate_value(trial_id, epoch, value)
            self._database.report(arm_number, epoch, value)

    def flush(self) -> None:
        """Have everything in the storage that was told."""
        self._database.flush()

    def finish(
        self,
        arm_number: int,
        state: TrialState,
        value: float | None,
        reason: str | None = None,
        costs: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        """Tell how a trial ended; telling it again changes nothing.

        Args:
            arm_number: The storage's number of the trial.
            state: A final state. A complete trial of which an objective is not finite is told as failed.
            value: The objective after its last epoch; needed of a complete trial only.
            reason: Why it failed or was stopped.
            costs: What its model costs, by name.

        Raises:
            ValueError: If it has ended otherwise.
        """
        assert state.is_final, "only an end is told"
        told = told_values(value, costs, self._spec.search.objectives) if state is TrialState.COMPLETE else None
        if told is not None and not all(map(math.isfinite, told)):
            named = zip(("the objective", *(cost.value for cost in self._spec.search.objectives)), told, strict=True)
            wrong = [f"{name} is {one}" for name, one in named if not math.isfinite(one)]
            state, reason, told = TrialState.FAILED, "; ".join(wrong), None
        trial = self._history.get_trial(self._ids[arm_number])
        if trial.state.is_finished():
            if _STATES[trial.state] is not state:
                raise ValueError(
                    f"{self._name} trial {arm_number} is {trial.state.name}; it cannot become {state.value}"
                )
            return
        exceeded = {} if state is TrialState.FAILED else excesses(costs, self._spec.search.limits)
        for name, excess in exceeded.items():
            optuna.Trial(self._study, self._ids[arm_number]).set_constraint(name, excess)
        ended = self._study.tell(trial.number, told, state=_OPTUNA_STATES[state])
        attributes = {} if reason is None else {REASON: reason[:_MAX_REASON]}
        self._database.finish(arm_number, ended.state, ended.values, attributes, exceeded)

    def _frozen(self) -> list[FrozenTrial]:
        return [self._history.get_trial(self._ids[arm_number]) for arm_number in self._asked]

    def _write(self, trial_id: int) -> int:
        """Write a new trial down and return its number."""
        trial = self._history.get_trial(trial_id)
        arm_number = self._database.add(without_pickles(trial))
        self._remember(arm_number, trial_id)
        return arm_number

    def _remember(self, arm_number: int, trial_id: int) -> None:
        self._ids[arm_number] = trial_id
        known = self._history.get_trial(trial_id).user_attrs
        if NUMBER in known:
            self._asked.append(arm_number)
            # Read first: what an earlier version wrote lacks hyperparameters that there are now.
            self._configurations.add(_configuration(Hyperparameters.model_validate(known[HYPERPARAMETERS])))


def _generations(
    spec: StudySpec, arm: Arm, space: Space, facts: ArmFacts, seed_of: Callable[..., int]
) -> Generations | None:
    population = spec.search.population_based_training
    if population is None:
        return None
    return Generations(population=population, space=space, facts=facts, maximize=arm.maximize, seed_of=seed_of)


def _starting_depths(facts: ArmFacts, spec: StudySpec) -> tuple[int, ...]:
    return starting_depths(facts.min_freezing_depth, facts.max_freezing_depth, spec.search.startup_trials)


def _configuration(hyperparameters: Hyperparameters) -> str:
    """Return what two trials have in common that have the same configuration."""
    return json.dumps(hyperparameters.model_dump(mode="json"), sort_keys=True)
