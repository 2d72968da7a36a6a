"""A run: search every arm, select, assess."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from functools import partial
from types import MappingProxyType

from study.adapters.checkpoint_shelf import CheckpointShelf
from study.adapters.failure_guard import FailureGuard
from study.adapters.ledger import Ledger
from study.adapters.optuna_search import SearchSource, open_storage
from study.adapters.ray_metrics import Gauges, RayMetricsWatcher
from study.adapters.record_store import RecordKeeper, RecordStore
from study.adapters.source import TrialSource
from study.adapters.tune.brackets import ArmBrackets
from study.adapters.tune.phase import Phase
from study.adapters.tune.retries import Retries
from study.adapters.tune.stopping import stop_on_signals
from study.adapters.tune.sweep import run_sweep
from study.adapters.watcher import Watcher
from study.orchestration.assessment import AssessmentSource
from study.orchestration.assessment_plans import assessment_plans, num_possible
from study.orchestration.cluster import Rooms
from study.orchestration.contest import Contest
from study.orchestration.fresh import Fresh
from study.orchestration.growth import grown
from study.orchestration.search_facts import read_search_facts
from study.orchestration.watchers import study_watchers
from study.values.arm import Arm, ArmFacts
from study.values.plan import Purpose
from study.values.records import TrialRecord
from study.values.spec import SchedulerKind, SchedulerSpec, SearchSpec, StudySpec
from study.values.warm_start import WarmConfiguration


class Run:
    """One go at a study, from wherever its records stand to its end or to the end of its time."""

    def __init__(
        self,
        spec: StudySpec,
        arms: Sequence[Arm],
        facts: Sequence[ArmFacts],
        fresh: Fresh,
        store: RecordStore,
        *,
        guards: Sequence[Watcher] = (),
        warm: Mapping[str, Sequence[WarmConfiguration]] = MappingProxyType({}),
        quiet: bool,
    ) -> None:
        """Prepare it.

        Args:
            spec: The study's.
            arms: Its arms.
            facts: What spaces are told of each.
            fresh: Where it runs now.
            store: Its records.
            guards: Told first of everything; what one raises stops the run.
            warm: What the first trials of an arm are to be, by its id.
            quiet: Show no progress.
        """
        self._warm = warm
        self._spec = spec
        self._arms = arms
        self._facts = facts
        self._fresh = fresh
        self._store = store
        self._guards = guards
        self._quiet = quiet
        self._gauges = Gauges()
        self._num_interrupted = 0

    def go(self) -> None:
        """Search, then assess, on the cluster that this process is connected to, checked to hold and reach the study.

        Raises:
            KeyboardInterrupt: With the signal's number, after SIGINT or SIGTERM: what ran has left a checkpoint.
            StoppedAtOnce: After a second one.
        """
        with self._gauges:
            shelf = CheckpointShelf(self._fresh.checkpoints, self._fresh.directory)
            with grown(self._spec.resources), stop_on_signals() as stop, closing(self._phases()) as phases:
                run_sweep(
                    phases,
                    study=self._spec.name,
                    resources=self._spec.resources,
                    rooms=Rooms(self._spec.resources),
                    shelf=shelf,
                    stop=stop,
                    trial_limit_s=self._spec.budget.trial_wall_clock_s,
                )
        searched = self._store.read_all(Purpose.SEARCH)
        if self._num_interrupted == 0 and self._is_searched(searched):
            shelf.clear()  # nothing goes on from any of them
        if stop.is_made:
            raise KeyboardInterrupt(stop.signal)

    def _is_searched(self, searched: Sequence[TrialRecord]) -> bool:
        """Whether no trial is to go on, nor to begin where another ended."""
        contest = Contest(self._spec, self._arms, searched, read_search_facts(self._fresh.directory))
        has_heirs = self._spec.search.population_based_training is not None and any(contest.remaining.values())
        return not has_heirs and all(record.state.is_final for record in searched)

    def _phases(self) -> Generator[Phase, None, None]:
        """Yield the search, then the assessment of what it led to, and last what starts from assessments."""
        began = time.monotonic()
        limit = self._spec.budget.wall_clock_s
        searched = self._searched()
        deadline = None if limit is None else began + limit
        yield from self._phase(searched, Purpose.SEARCH, total=searched.num_possible, deadline=deadline)
        records = self._store.read_all()
        contest = Contest(self._spec, self._arms, records, read_search_facts(self._fresh.directory))
        plans = assessment_plans(self._spec, contest.to_be_assessed.values())
        for _ in range(2):  # what starts from another assessment's backbone has waited for it
            source = AssessmentSource(plans, records, self._fresh)
            if len(source):
                total = num_possible(plans, records)
                yield from self._phase(source, Purpose.ASSESSMENT, total=partial(int, total))
            records = self._store.read_all()

    def _searched(self) -> SearchSource:
        earlier = self._store.read_all(Purpose.SEARCH)
        return SearchSource(
            self._spec,
            list(zip(self._arms, self._facts, strict=True)),
            storage=open_storage(self._spec.storage.url, self._fresh.directory),
            earlier={record.plan.number: record for record in earlier},
            root=self._fresh.root,
            checkpoints=self._fresh.checkpoints,
            cache_dir=str(self._fresh.cache_dir),
            warm=self._warm,
            directory=self._fresh.directory,
        )

    def _phase(
        self, source: TrialSource, purpose: Purpose, *, total: Callable[[], int], deadline: float | None = None
    ) -> Iterator[Phase]:
        """Yield a phase, watched for as long as it lasts."""
        records = self._store.read_all()
        earlier = [record for record in records if record.plan.purpose is purpose]
        with ExitStack() as stack:
            shown = study_watchers(
                self._spec, self._arms, self._fresh.directory, purpose, records, total=total, quiet=self._quiet
            )
            counted = RayMetricsWatcher(self._gauges, self._spec.name, self._arms, purpose, earlier=earlier)
            failures = FailureGuard(self._spec.search.equal_failures)
            watchers = [*self._guards, RecordKeeper(self._store), *shown, counted, failures]
            for watcher in watchers:
                stack.callback(watcher.close)
            ledger = Ledger(source, watchers)
            brackets = ArmBrackets(
                self._spec.search if purpose is Purpose.SEARCH else _without_stopping(self._spec),
                self._arms,
                epochs=self._spec.budget.epochs,
                known_epochs=ledger.epochs,
                decided=source.decided,
                arm_number=lambda key: ledger.plan(key).arm_number,
            )
            brackets.replay(earlier)
            retries = Retries(ledger, self._fresh.checkpoints, self._spec.resources.max_failures)
            try:
                yield Phase(ledger=ledger, brackets=brackets, retries=retries, deadline=deadline)
            finally:
                self._num_interrupted += ledger.num_interrupted + ledger.num_live


def _without_stopping(spec: StudySpec) -> SearchSpec:
    """Return search settings for assessments, which are never stopped early."""
    return spec.search.model_copy(update={"scheduler": SchedulerSpec(kind=SchedulerKind.NONE)})
