"""Which of a study's arms are still in it: who may get more trials, and who is assessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

from study.orchestration.racing import stopped_arms
from study.orchestration.search_facts import SearchFacts
from study.orchestration.selected import by_arm, selected_trials
from study.values.arm import Arm
from study.values.plan import Purpose
from study.values.racing import Stopped
from study.values.records import TrialRecord
from study.values.screened_out import ScreenedOut, screened_out
from study.values.spec import StudySpec
from study.values.spending import Spending


class Contest:
    """Works out, once, what follows from a study's records and from what else is known of its search."""

    def __init__(
        self,
        spec: StudySpec,
        arms: Sequence[Arm],
        records: Sequence[TrialRecord],
        facts: SearchFacts | None = None,
    ) -> None:
        """Look at a study.

        Args:
            spec: The study's.
            arms: Its arms.
            records: All of its trials and assessments.
            facts: What its directory tells beside them; nothing where not given.
        """
        self.spec = spec
        self.arms = arms
        self.records = records
        self._facts = facts or SearchFacts()

    @cached_property
    def searched(self) -> Mapping[str, Sequence[TrialRecord]]:
        """Trials of the search, by arm id, for every arm."""
        return by_arm(self.arms, self.records, Purpose.SEARCH)

    @cached_property
    def selected(self) -> Mapping[str, TrialRecord]:
        """The selected trial of each arm that has a complete one, by arm id."""
        return selected_trials(self.arms, self.records)

    @cached_property
    def screened(self) -> Mapping[str, ScreenedOut]:
        """Arms that get no trials for the score of their backbone's features, by id."""
        rule, scores = self.spec.search.screening, self._facts.screening
        if rule is None or scores is None:
            return {}
        begun = [arm for arm, trials in self.searched.items() if trials]
        return screened_out(self.arms, scores, keep=rule.keep, begun=begun)

    @cached_property
    def stopped(self) -> Mapping[str, Stopped]:
        """Arms that get no more trials since others are ahead of them, by id; none where the spec has no race."""
        racing = {arm.id: self.searched[arm.id] for arm in self.arms if arm.id not in self.screened}
        over = {arm for arm, trials in racing.items() if self._is_over(arm, trials)}
        return stopped_arms(self.spec, [arm for arm in self.arms if arm.id in racing], racing, over=over)

    @cached_property
    def out(self) -> Mapping[str, str]:
        """Why an arm gets no more trials and is not assessed, by the id of each such arm."""
        return {
            arm.id: str(self.screened.get(arm.id) or self.stopped[arm.id])
            for arm in self.arms
            if arm.id in self.screened or arm.id in self.stopped
        }

    @cached_property
    def remaining(self) -> Mapping[str, int]:
        """The most trials that each arm may still be asked for, by its id."""
        return {
            arm: 0 if arm in self.out or self._is_over(arm, trials) else max(0, self.spec.search.trials - len(trials))
            for arm, trials in self.searched.items()
        }

    @property
    def used_up(self) -> Mapping[str, int]:
        """How many trials each arm ended with whose space has no configuration left, by its id."""
        numbers = {arm: len(trials) for arm, trials in self.searched.items()}
        return {arm: number for arm, number in numbers.items() if self._facts.used_up.holds_for(arm, number)}

    @property
    def to_be_assessed(self) -> Mapping[str, TrialRecord]:
        """The selected trial of each arm that has one and is not out, by arm id."""
        return {arm: record for arm, record in self.selected.items() if arm not in self.out}

    def _is_over(self, arm: str, trials: Sequence[TrialRecord]) -> bool:
        """Whether an arm's budget or its space is used up."""
        return self._facts.used_up.holds_for(arm, len(trials)) or Spending.of(trials).exhausts(self.spec.budget)
