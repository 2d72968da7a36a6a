"""A study: the programmatic API."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from study.adapters.record_store import RecordStore
from study.learning.manifest import DamagedCheckpointError
from study.orchestration.contest import Contest
from study.orchestration.feasibility import checked_costs, unmet
from study.orchestration.fresh import Fresh
from study.orchestration.leaderboard import leaderboard
from study.orchestration.places import cache_dir_of, study_directory
from study.orchestration.search_facts import read_search_facts
from study.orchestration.selected import assessments_of, by_arm, selected_trials
from study.orchestration.status import StudyStatus, study_status
from study.orchestration.trials_table import trials_table
from study.orchestration.unequal import unequal_budgets
from study.values.arm import Arm, build_arms
from study.values.plan import Purpose
from study.values.problems import InputError, unknown_name
from study.values.records import TrialRecord
from study.values.selection import of_last_generation
from study.values.spec import StudySpec

if TYPE_CHECKING:
    from study.orchestration.findings import Findings
    from study.orchestration.replay import Replay


class Study:
    """One question, its trials and its answer, kept in one directory."""

    def __init__(self, spec: StudySpec | str | Path, directory: str | Path, *, root: str | Path | None = None) -> None:
        """Begin a study, or go on with it where the directory holds it already.

        Args:
            spec: A spec, or the path of a YAML file with one.
            directory: Folder for everything the study writes, made where it is not there; or a URL (s3://..., gs://...).
            root: Folder that relative paths and your own modules are looked for in: that of the YAML file, or the
                current one, where not given.

        Raises:
            InputError: With every problem of the spec, or if the directory holds something else.
        """
        from study.orchestration.validation import check_spec, checked_spec  # imports torch

        self._directory = study_directory(directory)
        if isinstance(spec, StudySpec):
            self.root = Path(root or ".").resolve()
            check_spec(spec, root=self.root, has_begun=self._directory.holds_study)
        else:
            self.root = Path(root or Path(spec).parent).resolve()
            spec = checked_spec(Path(spec), root=self.root, has_begun=self._directory.holds_study)
        self._spec = spec
        if self._directory.holds_study:
            self._directory.check_same(spec)
            self._directory.replace(spec, self.root)
        else:
            self._directory.create(spec, self.root)

    @classmethod
    def open(cls, directory: str | Path) -> Study:
        """Open a study that is there already.

        Raises:
            InputError: If the directory holds none.
        """
        study = cls.__new__(cls)
        study._directory = study_directory(directory)
        study._spec = study._directory.spec()
        study.root = study._directory.root()
        return study

    @property
    def spec(self) -> StudySpec:
        """What the study asks."""
        return self._spec

    @property
    def directory(self) -> Path:
        """Where its files are on this machine: the study directory, or the mirror of one at a URL."""
        return self._directory.path

    @property
    def location(self) -> str:
        """Where it lives: the study directory's path or URL."""
        return self._directory.location

    @property
    def arms(self) -> tuple[Arm, ...]:
        """What it compares."""
        return build_arms(self._spec)

    @property
    def is_running(self) -> bool:
        """Whether a process runs it now."""
        return self._directory.is_running

    def rank(self, *, quiet: bool = False) -> pd.DataFrame:
        """Return how well each backbone's features fit each task, by scores that need no training; starts no Ray.

        Args:
            quiet: Show no progress.

        Returns:
            A row for each backbone and task, as `study.orchestration.ranking.rank` says.

        Raises:
            InputError: If data or weights are bad.
        """
        from study.orchestration.ranking import rank  # imports what a run has no use for

        return rank(self._spec, root=self.root, quiet=quiet)

    def agreement(self, ranking: pd.DataFrame | None = None, *, quiet: bool = False) -> pd.DataFrame:
        """Return whether those scores order the backbones as tuning them did, so far.

        Args:
            ranking: What `rank` returned; made now where not given.
            quiet: Show no progress of that.

        Returns:
            A row for each task and score, with Kendall's tau and a sentence.

        Raises:
            InputError: As `rank`.
        """
        from study.orchestration.agreement import agreement

        return agreement(self.rank(quiet=quiet) if ranking is None else ranking, self.leaderboard())

    def run(self, *, address: str | None = None, quiet: bool = False) -> None:
        """Search every arm, then assess what was selected; go on with whatever an earlier run left.

        Args:
            address: `auto`, `HOST:PORT` or `ray://HOST:PORT` of a Ray cluster; a local Ray where not given.
            quiet: Show no progress.

        Raises:
            InputError: If another process runs this study, the cluster cannot be had or cannot hold a trial, or the
                directory cannot be written to.
        """
        from study.orchestration.running import run_study  # imports torch and Ray, of which what only reads has no use

        run_study(
            self._directory,
            self._spec,
            root=self.root,
            fresh=self._fresh(),
            records=self._records(),
            address=address,
            quiet=quiet,
        )

    def resume(self, *, extra_trials: int = 0, address: str | None = None, quiet: bool = False) -> None:
        """Go on where the study stopped, with `extra_trials` more an arm.

        Raises:
            InputError: As `run`, or if `extra_trials` is negative or would not make a whole generation.
        """
        if extra_trials < 0:
            raise InputError(f"extra trials = {extra_trials}; must be 0 or more")
        if extra_trials and self._spec.search.population_based_training is not None:
            raise InputError(
                f"extra trials = {extra_trials}; must be 0: search.population_based_training has as many as its "
                "generations take, and the learning rates are at the end of their course after the last"
            )
        if extra_trials:
            search = self._spec.search.model_copy(update={"trials": self._spec.search.trials + extra_trials})
            with self._directory.locked():
                self._spec = self._spec.model_copy(update={"search": search})
                self._directory.replace(self._spec, self.root)
        self.run(address=address, quiet=quiet)

    def status(self) -> StudyStatus:
        """Return where it stands; works while another process runs it."""
        return study_status(self.contest(), directory=self.location, running=self.is_running)

    def contest(self, records: Sequence[TrialRecord] | None = None) -> Contest:
        """Return which arms are still in it, and what follows from that.

        Args:
            records: All of its trials and assessments; read where not given.
        """
        known = self._records().read_all() if records is None else records
        return Contest(self._spec, self.arms, known, read_search_facts(self.directory, location=self.location))

    def trials(self) -> pd.DataFrame:
        """Return a row a trial: facts, then one column a hyperparameter."""
        return trials_table(self._records().read_all(Purpose.SEARCH))

    def leaderboard(self) -> pd.DataFrame:
        """Return a row for each arm and task, best on test first within each task, with intervals over seeds."""
        return leaderboard(self.arms, self._records().read_all(), confidence=self._spec.assessment.confidence)

    def not_selected(self) -> tuple[str, ...]:
        """Return a sentence for each arm of which no complete trial keeps to `search.constraints`."""
        return tuple(unmet(self.arms, self._records().read_all()).values())

    def unequal_budgets(self) -> tuple[str, ...]:
        """Return what has to be said beside the leaderboard where arms had not equally many trials."""
        return unequal_budgets(self.contest())

    def pareto(self, *costs: str) -> pd.DataFrame:
        """Return every complete trial's objective against what its model costs, and whether it is on the Pareto front.

        Of a population the last generation's trials.

        Args:
            costs: Names of costs, as in `search.objectives`; the objectives and constraints of the spec where none is
                given.

        Returns:
            A row a trial, as `study.orchestration.findings.pareto.pareto` says.

        Raises:
            InputError: If a cost is unknown or was not measured, or none is named here or in the spec.
        """
        from study.orchestration.findings.pareto import pareto

        wanted = checked_costs(costs, self._spec)
        records = by_arm(self.arms, self._records().read_all(Purpose.SEARCH), Purpose.SEARCH)
        return pareto({arm: of_last_generation(trials) for arm, trials in records.items()}, wanted)

    def findings(self) -> Findings:
        """Return what it found: intervals, comparisons, calibration, budgets; works while another process runs it."""
        from study.adapters.optuna_search import open_storage
        from study.orchestration.damage import check_storage
        from study.orchestration.findings import find  # imports what a run has no use for

        contest = self.contest()
        check_storage(self._directory, self._spec, contest.records)
        return find(
            contest,
            storage=open_storage(self._spec.storage.url, self.directory),
            bring=self._directory.bring,
        )

    def best(self, arm: str) -> TrialRecord:
        """Return the record of an arm's selected trial; its plan is to be trained from the first epoch on.

        Raises:
            InputError: If there is no such arm, or no trial of it ran to its end and keeps to the constraints.
        """
        records = self._records().read_all()
        selected = selected_trials(self.arms, records)
        if self._arm(arm).id not in selected:
            beyond = unmet(self.arms, records).get(arm)
            if beyond is not None:
                raise InputError(beyond)
            raise InputError(self.contest(records).out.get(arm) or f"no trial of {arm} has run to its end yet")
        best = selected[arm]
        return best.model_copy(update={"plan": best.plan.model_copy(update={"checkpoint": None})})

    def export(self, arm: str, output: str | Path) -> Path:
        """Write the arm's model, as assessed, into a folder that `study.load_model` reads.

        Raises:
            InputError: If there is no such arm, it is not assessed yet, its checkpoint is damaged, or the folder is
                taken.
        """
        from study.orchestration.export import export  # imports torch

        chosen = self.best(arm)
        records = self._records().read_all()
        assessed = assessments_of({arm: chosen}, records)[arm]
        out = self.contest(records).out
        if not assessed and arm in out:
            raise InputError(f"{out[arm]}; it is not assessed, so there is no model of it")
        if not assessed:
            raise InputError(f"{arm} is not assessed yet; `study resume {self.location}` does it")
        plan = self._fresh().plan(assessed[0].plan)
        bring = self._directory.bring
        try:
            return export(assessed, plan, study=self._spec.name, bring=bring, output=Path(output))
        except DamagedCheckpointError as error:
            remedy = f"`study resume {self.location}` sets the assessment aside and trains it anew"
            raise InputError(f"{error}; {remedy}") from error

    def replay(self, number: int) -> Replay:
        """Train a trial again, in this process, and compare its metrics.

        Raises:
            InputError: If there is no such trial, or it has no epoch to compare.
        """
        from study.orchestration.replay import replay  # imports torch

        trials = {record.plan.number: record for record in self._records().read_all(Purpose.SEARCH)}
        if number not in trials:
            known = f"0..{max(trials)}" if trials else "none yet"
            raise InputError(f"no trial {number} in {self.location}; trials: {known}")
        record = trials[number]
        if not record.epochs:
            raise InputError(f"trial {number} has no epoch to compare: {record.reason or record.state.value}")
        # Threads as recorded: sums over another number of threads differ in their last bits.
        plan = self._fresh().plan(record.plan).model_copy(update={"num_threads": record.plan.num_threads})
        return replay(record, plan)

    def _arm(self, name: str) -> Arm:
        arms = {arm.id: arm for arm in self.arms}
        if name not in arms:
            raise InputError(unknown_name(name, arms, what="arm"))
        return arms[name]

    def _records(self) -> RecordStore:
        return RecordStore(self.directory, location=self.location)

    def _fresh(self) -> Fresh:
        return Fresh(
            directory=self.directory,
            checkpoints=self._directory.checkpoints,
            root=self.root,
            cache_dir=cache_dir_of(self._spec, root=self.root),
            resources=self._spec.resources,
            arms=self.arms,
        )
