"""From what Optuna suggested to the plan of a trial."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from study.adapters.checkpoint_shelf import CheckpointHome
from study.adapters.optuna_search.arm_study import AskedTrial
from study.values.arm import Arm, ArmFacts
from study.values.lineage import Segment
from study.values.plan import Purpose, TrialPlan
from study.values.seeds import derive_seed
from study.values.spec import StudySpec
from study.values.unfreezing import partial_epochs
from study.values.work import work_of


@dataclass(frozen=True, kw_only=True)
class SearchPlanner:
    """Makes the plans of searched trials."""

    spec: StudySpec
    root: Path
    """Folder of the spec."""
    checkpoints: CheckpointHome
    """Of the study's trials."""
    cache_dir: str
    """Folder on every node for decoded images and features."""

    def plan(self, arm: Arm, trial: AskedTrial, *, facts: ArmFacts, checkpoint: str | None = None) -> TrialPlan:
        """Return the plan of a trial.

        Its seed, or that of the first of its lineage, comes from its place among its arm's trials and not from Optuna's
        number, which skips what was lost when a process died: a study resumed trains what one that nothing disturbed
        would have.

        Args:
            arm: The trial's.
            trial: What was asked.
            facts: What is known of the arm.
            checkpoint: To go on from, relative to the study directory. One that is gone is left out: the trial then
                starts over.
        """
        resources, population = self.spec.resources, self.spec.search.population_based_training
        # A lineage is one training, whose randomness is that of its first trial.
        root = trial.ancestors[0] if trial.ancestors else trial
        all_frozen = trial.hyperparameters.freezing_depth == facts.num_stages
        return TrialPlan(
            purpose=Purpose.SEARCH,
            number=trial.number,
            arm=arm,
            arm_number=trial.arm_number,
            hyperparameters=trial.hyperparameters,
            seed=derive_seed(self.spec.seed, arm.id, "trial", root.place),
            split_seed=derive_seed(self.spec.seed, "split"),
            outer=self.spec.search.outer,
            epochs=self._epochs(len(trial.ancestors) + 1),
            lineage=self._lineage(trial),
            course_epochs=None if population is None else self.spec.budget.epochs,
            population_size=None if population is None else population.size,
            patience=self.spec.budget.patience,
            partial_epochs=partial_epochs(trial.hyperparameters, facts.num_stages),
            min_improvement=self.spec.budget.min_improvement,
            cached_views=self.spec.augmentation.cached_views,
            selection=self.spec.search.selection,
            last_epochs=self.spec.search.last_epochs,
            choice=self.spec.search.choice,
            measured=self.spec.search.measured,
            limits=self.spec.search.limits,
            validation_counts=facts.validation_counts,
            precision=self.spec.budget.precision,
            work=self._work(trial, facts),
            num_threads=resources.threads_per_worker,
            trains_heads_only=arm.backbone.is_pretrained and all_frozen,
            num_workers=resources.workers_per_trial,
            num_gpus=resources.gpus_per_trial,
            root=str(self.root.resolve()),
            cache_dir=self.cache_dir,
            cache_gib=resources.cache_gib,
            feature_cache_gib=resources.feature_cache_gib,
            checkpoint=None if checkpoint is None else self.checkpoints.find(checkpoint),
        )

    def _epochs(self, num_trials: int) -> int:
        """Return the last epoch of a lineage of so many trials."""
        population = self.spec.search.population_based_training
        return self.spec.budget.epochs if population is None else population.interval_epochs * num_trials

    def _lineage(self, trial: AskedTrial) -> tuple[Segment, ...]:
        return tuple(
            Segment(trial=one.number, hyperparameters=one.hyperparameters, until_epoch=self._epochs(place))
            for place, one in enumerate(trial.ancestors, start=1)
        )

    def _work(self, trial: AskedTrial, facts: ArmFacts) -> float | None:
        if not facts.stage_shares:
            return None
        return work_of(
            trial.hyperparameters,
            facts.stage_shares,
            epochs=self.spec.budget.epochs,
            caches_features=self.spec.resources.feature_cache_gib > 0,
            caches_views=self.spec.augmentation.cached_views is not None,
        )
