"""A trial: one configuration in, a stream of epoch records out."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from study.learning.checkpoint import load_checkpoint, save_checkpoint
from study.learning.evaluation import evaluate
from study.learning.going_over import go_over
from study.learning.input_store import InputStore
from study.learning.inputs import Inputs
from study.learning.loop import steps_per_epoch
from study.learning.manifest import check_manifest, write_manifest
from study.learning.model import AdaptedModel
from study.learning.ranks import ALONE, Ranks
from study.learning.stream import Stream
from study.parts.tasks.data import MISSING
from study.trial.affinity import AffinityMeasurement
from study.trial.best_weights import BestWeights
from study.trial.costs import CostMeter
from study.trial.device import device_for
from study.trial.learner_building import build_learner, methods_of, objectives_of
from study.trial.materials import Materials
from study.trial.measured_weights import MeasuredWeights
from study.trial.measuring import epoch_metrics, outer_metrics
from study.trial.opening import StreamOpener
from study.trial.threads import use_threads
from study.values.hyperparameters import Hyperparameters
from study.values.metric_names import OBJECTIVE
from study.values.plan import TrialPlan
from study.values.records import EpochRecord, FeatureUse
from study.values.seeds import derive_seed
from study.values.unfreezing import first_trained_stage, partial_epochs


class Trial:
    """One configuration of an arm, set up and ready to train. Needs no cluster: it runs in a notebook."""

    def __init__(self, plan: TrialPlan, materials: Materials | None = None, ranks: Ranks = ALONE) -> None:
        """Set a trial up: data, backbone, heads, cached features of the frozen stages.

        Args:
            plan: What to train.
            materials: Shared by the trials of a process; the trial's own where not given.
            ranks: This process's place among those that train the trial together. They must be connected before
                the first epoch, not before. A process on its own trains a plan for several workers as well; a few
                shots that are fewer than the workers are left to one of them, and `self.ranks` is that one alone.

        Raises:
            InputError: If the data, the weights or the configuration are bad (says which and why).
        """
        use_threads(plan.num_threads)
        self.plan = plan
        self.device = device_for(plan)
        self.materials = materials or Materials()
        self.tasks = self.materials.tasks(plan)
        self.epoch = 0
        """Epochs trained so far."""
        self.objectives: list[float] = []
        """Objective after each epoch that was measured."""
        self._costs = CostMeter(plan, self.device)
        self._best = BestWeights(plan)
        self._affinity = AffinityMeasurement(plan)
        self._opener = StreamOpener(plan, self.materials, self.device)
        self.learner = build_learner(plan, self.tasks, self.materials, self._opener, self.device, ranks)
        self.ranks = self.learner.ranks
        self._trained_with: Hyperparameters | None = None
        """Of the last epoch that this process trained; None before that, and where all are trained alike."""
        self._measured = MeasuredWeights(self.learner)
        self.train_samples = [
            stream.train_sample(derive_seed(plan.split_seed, "train-sample", number))
            for number, stream in enumerate(self.learner.streams)
        ]
        """Rows of each stream that the train metrics are measured on."""
        if plan.micro_batches > 1:
            self.notes["memory"] = (
                f"did not hold a whole batch: each is computed in {plan.micro_batches} parts whose gradients are added "
                "up, of which batch normalisation, where it is trained, and dropout see one at a time"
            )
        num_partial = partial_epochs(plan.hyperparameters, self.model.backbone.num_stages)
        if num_partial:
            at_all = "" if num_partial < plan.epochs else ", of which there are no more"
            self.notes["unfreezing"] = f"in {num_partial} epochs not all unfrozen stages are trained{at_all}"
        not_measured = self._affinity.why_not(self.learner)
        if not_measured is not None:
            self.notes["affinity"] = not_measured
        if plan.checkpoint is not None:
            self.load(Path(plan.checkpoint))

    @property
    def model(self) -> AdaptedModel:
        """What is trained."""
        return self.learner.model

    @property
    def notes(self) -> dict[str, str]:
        """What a reader of its record should know."""
        return self._opener.notes

    @property
    def is_over(self) -> bool:
        """Whether it has trained for all its epochs, or until it had converged."""
        return self.epoch >= self.plan.epochs or self.plan.has_converged(self.objectives)

    @property
    def keeps_best_weights(self) -> bool:
        """Whether the weights of the best epoch are kept, so that they have to be there when it is recorded."""
        return self._best.wanted

    def epochs(self, train: Callable[[], None] | None = None) -> Iterator[EpochRecord]:
        """Train, yielding a record after every epoch, from where the trial stands to its end.

        Args:
            train: Trains one epoch; `train_epoch` where not given.

        Raises:
            TrainingError: If the loss or the objective is no longer finite.
        """
        train = train or self.train_epoch
        while not self.is_over:
            began = time.monotonic()
            train()
            yield self.record(self._measure(), time.monotonic() - began)

    def record(self, metrics: dict[str, float], duration_s: float) -> EpochRecord:
        """Return the record of the epoch just trained, and remember its objective.

        If it is the last one of a search trial, the weights that count are scored on the examples set aside, where
        there are any; the trial is no longer fit to be trained.
        """
        self.objectives.append(metrics[OBJECTIVE])
        with self._measured.in_place():
            self._best.note(self.learner.model, self.objectives)
        return EpochRecord(
            epoch=self.epoch,
            metrics=metrics,
            duration_s=duration_s,
            num_samples=steps_per_epoch(self.learner.streams, self.learner.batch_size) * self.learner.batch_size,
            num_train=self._num_train,
            features=self._features,
            notes=self.notes,
            costs=self._costs.measure(self.learner.model, self._example),
            outer=self._outer() if self.plan.has_outer and self.is_over else {},
        )

    def epoch_seed(self) -> int:
        """Return the seed of the next epoch's randomness, so that a resumed one repeats nothing."""
        root = self.plan.seed if self.plan.order_seed is None else self.plan.order_seed
        return derive_seed(root, "epoch", self.epoch + 1)

    @property
    def _num_train(self) -> dict[str, int]:
        streams = self.learner.streams
        return {
            self.tasks[position].name: int((stream.labels[place, stream.train] != MISSING).sum())
            for stream in streams
            for place, position in enumerate(stream.tasks)
        }

    @property
    def _features(self) -> FeatureUse:
        caches = self._opener.caches
        hits = [cache.num_bytes for cache in caches if cache.hit]
        misses = [cache.num_bytes for cache in caches if not cache.hit]
        return FeatureUse(hits=len(hits), misses=len(misses), hit_bytes=sum(hits), miss_bytes=sum(misses))

    def train_epoch(self) -> None:
        """Train one epoch without measuring anything; all ranks of the trial call it together.

        Raises:
            TrainingError: If the loss is no longer finite.
        """
        seed = self.epoch_seed()
        values, num_stages = self.plan.hyperparameters, self.model.backbone.num_stages
        self.model.train_from(first_trained_stage(values, num_stages, self.epoch + 1))
        self._follow_lineage()
        self._affinity.measure(self.learner, self.epoch + 1, seed)
        # Dropout; no rank repeats another's.
        torch.manual_seed(derive_seed(seed, "rank", self.ranks.rank) if self.ranks.rank else seed)
        self.learner.train_epoch(torch.Generator().manual_seed(seed))
        self.epoch += 1

    def save(self, folder: Path) -> None:
        """Write a checkpoint."""
        save_checkpoint(folder, self.learner, self.epoch, self.objectives)
        self._measured.save(folder)
        self._best.save(folder)
        self._affinity.save(folder)
        write_manifest(folder, of=self.plan.folder)

    def load(self, folder: Path) -> None:
        """Go on from a checkpoint of the same plan, or of the trial that it goes on from.

        Raises:
            DamagedCheckpointError: If it is not what was written; the trial is as it was.
            InputError: If it is of another model.
        """
        check_manifest(folder, of=self.plan.folder, or_of=self.plan.parent)
        self._trained_with = None
        self.epoch, self.objectives = load_checkpoint(folder, self.learner)
        if self.epoch:
            self._measured.load(folder)
        self._best.load(folder)
        self._affinity.load(folder)

    def use_chosen_weights(self) -> None:
        """Put the weights in place that count: those measured, of the best epoch where the plan's rule says so."""
        if self._best.restore(self.learner.model):
            self._measured.note_in_place()
        else:
            self._measured.put_in_place()

    def scored_inputs(self, store: InputStore) -> tuple[Inputs, int]:
        """Return inputs that the trained model is only scored on, and the first stage that they have to go through."""
        return self._opener.scored_inputs(self.model, store)

    def _example(self) -> Tensor:
        """Return one example as the first stage takes it."""
        assert self._opener.whole is not None, "a trial that is set up has opened its examples"
        return self._opener.whole.batch(torch.zeros(1, dtype=torch.int64), self.device)

    def _follow_lineage(self) -> None:
        """Train the next epoch with the configuration that the plan has for it."""
        values = self.plan.hyperparameters_of(self.epoch + 1)
        if not self.plan.lineage or values == self._trained_with:
            return
        objectives = objectives_of(values, self.tasks, self.learner.streams)
        go_over(self.learner, values, objectives=objectives, methods=methods_of(values, self.plan))
        self._trained_with = values

    def _measure(self) -> dict[str, float]:
        train: dict[int, dict[str, float]] = {}
        validation: dict[int, dict[str, float]] = {}
        with self._measured.in_place():
            for stream, sample in zip(self.learner.streams, self.train_samples, strict=True):
                train.update(self._evaluate(stream, sample))
                validation.update(self._evaluate(stream, stream.validation))
        return epoch_metrics(self.tasks, train, validation, self.epoch)

    def _outer(self) -> dict[str, float]:
        """Score the weights that count on the examples set aside."""
        self.use_chosen_weights()
        outer: dict[int, dict[str, float]] = {}
        for stream in self.learner.streams:
            assert stream.outer is not None, "set aside in all of a study's data"
            outer.update(self._evaluate(stream, stream.outer))
        return outer_metrics(self.tasks, outer)

    def _evaluate(self, stream: Stream, rows: Tensor) -> dict[int, dict[str, float]]:
        return evaluate(self.model, stream, rows, self.learner.objectives, self.device)


def run_trial(plan: TrialPlan) -> Iterator[EpochRecord]:
    """Train one configuration and yield a record after every epoch.

    Raises:
        InputError: If the data, the weights or the configuration are bad.
        TrainingError: If the loss or the objective is no longer finite.
    """
    yield from Trial(plan).epochs()
