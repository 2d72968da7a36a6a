"""How many trials each arm of a study may still be asked for: by the spec, its budget, the race it is in and the
generations that it has."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence

from study.adapters.optuna_search.used_up_file import UsedUpFile
from study.values.arm import Arm
from study.values.plan import TrialPlan
from study.values.racing import Entrant, Race, raced_objective, run_race
from study.values.records import EpochRecord, TrialRecord
from study.values.spec import StudySpec
from study.values.spending import Spending


class Allowance:
    """Told of every trial that is asked for, trains and ends."""

    def __init__(
        self,
        spec: StudySpec,
        arms: Sequence[Arm],
        *,
        asked: Mapping[str, Sequence[int]],
        earlier: Mapping[int, TrialRecord],
        used_up: UsedUpFile,
    ) -> None:
        """Count what there is already.

        Args:
            spec: The study's.
            arms: Its arms.
            asked: Numbers of the trials that were handed out before, in that order, by the arm's id.
            earlier: Their records, by number, as far as there are any.
            used_up: Where is kept which arms' spaces have no configuration left.
        """
        self._used_up = used_up
        self._spec = spec
        self._arms = arms
        self._asked = {arm_id: list(numbers) for arm_id, numbers in asked.items()}
        self._num_left = {arm_id: spec.search.trials - len(numbers) for arm_id, numbers in self._asked.items()}
        for arm_id, numbers in asked.items():
            used_up.has(arm_id, len(numbers))
            if spec.search.racing is not None and used_up.holds_for(arm_id, len(numbers)):
                self._num_left[arm_id] = 0
        self._spent = {
            arm_id: Spending.of(earlier[number] for number in numbers if number in earlier)
            for arm_id, numbers in self._asked.items()
        }
        self._objectives = {
            number: raced_objective(record) for number, record in earlier.items() if record.state.is_final
        }
        """Of the trials that ended, by number."""
        self._races: dict[tuple[str, ...], Race] = {}
        """Where each stands, by the names of its tasks; empty until it is asked for."""
        self._said = {stopped.arm for arm in arms for stopped in self._race(arm).stopped.values()}

    def asks(self, plan: TrialPlan) -> None:
        """Note that a trial is asked for."""
        self._asked[plan.arm.id].append(plan.number)
        self._used_up.has(plan.arm.id, len(self._asked[plan.arm.id]))
        self._num_left[plan.arm.id] -= 1
        self.goes_on(plan)

    def goes_on(self, plan: TrialPlan) -> None:
        """Note that a trial asked for before goes on."""
        self._spent[plan.arm.id].began(plan)
        self._races.clear()

    def trained(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Note an epoch of a trial."""
        self._spent[plan.arm.id].trained(plan, epoch)

    def ended(self, record: TrialRecord) -> None:
        """Note that a trial ended; say which arms are stopped for it."""
        self._spent[record.plan.arm.id].ended(record)
        self._objectives[record.plan.number] = raced_objective(record)
        self._races.clear()
        for stopped in self._race(record.plan.arm).stopped.values():
            if stopped.arm not in self._said:
                self._said.add(stopped.arm)
                print(stopped, file=sys.stderr, flush=True)

    def has_no_other(self, arm: Arm) -> None:
        """Note that an arm's space has no configuration left: on file first, for others decide by that too."""
        self._used_up.ended(arm.id, len(self._asked[arm.id]))
        self._num_left[arm.id] = 0
        self._races.clear()

    def wanted(self, arm: Arm) -> int:
        """Return how many more trials the spec wants of an arm, whatever its budget."""
        return self._num_left[arm.id]

    def left(self, arm: Arm) -> int:
        """Return how many trials an arm may be asked for now."""
        left = self.possible(arm)
        limits = [limit for limit in (self._race(arm).limit, self._limit_of_generations(arm)) if limit is not None]
        return min([left, *(max(0, limit - len(self._asked[arm.id])) for limit in limits)])

    def possible(self, arm: Arm) -> int:
        """Return how many more trials an arm may come to have, whatever the next decision of its race waits for."""
        return 0 if self._is_over(arm) or arm.id in self._race(arm).stopped else self._num_left[arm.id]

    def _is_over(self, arm: Arm) -> bool:
        return self._num_left[arm.id] <= 0 or self._spent[arm.id].exhausts(self._spec.budget)

    def _limit_of_generations(self, arm: Arm) -> int | None:
        """Return how many trials an arm may have before more of them end: those of a generation wait for all of the one
        before. None where there are no generations."""
        population, asked = self._spec.search.population_based_training, self._asked[arm.id]
        if population is None:
            return None
        waiting = (place for place, number in enumerate(asked) if number not in self._objectives)
        return population.size * (1 + next(waiting, len(asked)) // population.size)

    def _race(self, arm: Arm) -> Race:
        if arm.task_names not in self._races:
            self._races[arm.task_names] = self._run(arm)
        return self._races[arm.task_names]

    def _run(self, arm: Arm) -> Race:
        racing = self._spec.search.racing
        rivals = [one for one in self._arms if one.task_names == arm.task_names]
        if racing is None:
            return Race()
        entrants = [self._entrant(one) for one in rivals]
        rungs = racing.rungs(self._spec.search.trials)
        return run_race(entrants, rungs, reduction_factor=racing.reduction_factor, maximize=arm.maximize)

    def _entrant(self, arm: Arm) -> Entrant:
        numbers = self._asked[arm.id]
        ended = {p: self._objectives[number] for p, number in enumerate(numbers) if number in self._objectives}
        return Entrant(arm=arm.id, num_asked=len(numbers), ended=ended, is_over=self._is_over(arm))
