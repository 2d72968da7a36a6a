"""What trials of one process share: data sets, decoded images, pretrained backbones and features, each opened once."""

from __future__ import annotations

import copy
from collections import OrderedDict
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from study.learning.cache import CacheFolder
from study.learning.checkpoint import load_backbone
from study.learning.feature_cache import FeatureCache, open_features
from study.learning.feature_costs import FeatureCosts, measure_costs
from study.learning.input_rows import InputRows
from study.learning.input_store import InputStore
from study.learning.stores import open_store
from study.parts.backbones import Backbone, build_backbone, stage_digests
from study.parts.preparation import Preparation
from study.parts.tasks import RawInputs, build_tasks
from study.parts.tasks.task import Task
from study.values.keys import content_digest
from study.values.plan import TrialPlan
from study.values.seeds import derive_seed

T = TypeVar("T")

_KEPT = 4
"""Backbones, task sets and image stores kept a process: an actor goes from arm to arm, back and forth."""
_KEPT_FEATURES = 32
"""Sets of features kept open a process: memory-mapped, several a backbone where augmented views are cached."""
_CPU = torch.device("cpu")


class Materials:
    """Builds what a trial needs, keeping the most recently used of what does not depend on the trial."""

    def __init__(self) -> None:
        self._backbones: OrderedDict[str, Backbone] = OrderedDict()
        self._tasks: OrderedDict[str, tuple[Task, ...]] = OrderedDict()
        self._stores: OrderedDict[str, InputStore] = OrderedDict()
        self._features: OrderedDict[str, FeatureCache] = OrderedDict()
        self._digests: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._costs: dict[str, FeatureCosts] = {}

    def backbone(self, plan: TrialPlan, device: torch.device = _CPU) -> Backbone:
        """Return a backbone of the plan's own to train; random weights are drawn from the trial's seed.

        One that starts from another trial's weights has those, whatever the arm's own are.

        Where nothing of it is trained, all plans with the arm's own pretrained weights share one.

        Args:
            plan: The trial's.
            device: Where the backbone is to be; the same for all plans of a process.
        """
        spec, root = plan.arm.backbone, Path(plan.root)
        key = self._weights_key(plan)
        if key is None:
            return _placed(_backbone_of_its_own(plan), device)
        if key not in self._backbones:
            _keep(self._backbones, key, _placed(build_backbone(spec, root=root), device))
        self._backbones.move_to_end(key)
        shared = self._backbones[key]
        return shared if plan.hyperparameters.freezing_depth == shared.num_stages else copy.deepcopy(shared)

    def tasks(self, plan: TrialPlan) -> tuple[Task, ...]:
        """Return the tasks that are trained; those on the same data share their images and splits."""
        arm = plan.trained_arm
        split = [plan.split_seed, plan.validation_seed, plan.outer]
        key = content_digest([arm.tasks, arm.stratify, arm.regressed, split, plan.root])
        if key not in self._tasks:
            _keep(self._tasks, key, _tasks_of(plan))
        self._tasks.move_to_end(key)
        return self._tasks[key]

    def store(
        self, inputs: RawInputs, examples: NDArray[np.int64], preprocessing: Preparation, plan: TrialPlan
    ) -> InputStore:
        """Return the store of some of a data set's inputs."""
        key = content_digest([inputs.digest, examples.tolist(), preprocessing, plan.cache_dir, plan.cache_gib])
        if key in self._stores:
            self._stores.move_to_end(key)
            self._stores[key].use()
        else:
            _keep(self._stores, key, open_store(inputs, examples, preprocessing, _cache(plan)))
        return self._stores[key]

    def features(
        self, backbone: Backbone, store: InputRows, plan: TrialPlan, device: torch.device, notes: dict[str, str]
    ) -> FeatureCache | None:
        """Return the features of images under the stages that a plan freezes, None where they are not kept.

        Args:
            backbone: Of this plan, on `device`, frozen.
            store: The images.
            plan: The trial's.
            device: Where the trial trains.
            notes: `features` in it is set to how they were come by, or why they are not kept.
        """
        depth = backbone.freezing_depth
        weights = self._weights_key(plan)
        cut = content_digest([weights, depth, store.digest, store.preprocessing, plan.cache_dir])
        key = content_digest([cut, plan.cache_gib, plan.feature_cache_gib])
        if weights is not None and key in self._features:
            self._features.move_to_end(key)
            notes["features"] = "read from the cache"
            return self._features[key].used_again()
        found = open_features(
            backbone,
            depth,
            store,
            cache=_cache(plan),
            limit_gib=plan.feature_cache_gib,
            device=device,
            digests=None if weights is None else self._stage_digests(weights),
            costs=None if weights is None else partial(self._costs_of, cut, backbone, store, plan, device),
            notes=notes,
        )
        if weights is not None and found is not None:
            _keep(self._features, key, found, limit=_KEPT_FEATURES)
        return found

    def _weights_key(self, plan: TrialPlan) -> str | None:
        """Return what tells pretrained weights apart; None for random or trained ones, which are a trial's own."""
        spec = plan.arm.backbone
        is_own = not spec.is_pretrained or plan.backbone_checkpoint is not None
        return None if is_own else content_digest([spec, plan.root])

    def _stage_digests(self, weights: str) -> tuple[str, ...]:
        if weights not in self._digests:
            _keep(self._digests, weights, stage_digests(self._backbones[weights]))
        return self._digests[weights]

    def _costs_of(
        self, cut: str, backbone: Backbone, store: InputRows, plan: TrialPlan, device: torch.device, entry_bytes: int
    ) -> FeatureCosts:
        """Return what a cut's features cost, measured for the first trial that asks."""
        if cut not in self._costs:
            depth = backbone.freezing_depth
            measured = measure_costs(backbone, depth, store, entry_bytes=entry_bytes, cache=_cache(plan), device=device)
            self._costs[cut] = measured
        return self._costs[cut]


def _tasks_of(plan: TrialPlan) -> tuple[Task, ...]:
    return build_tasks(
        plan.trained_arm,
        root=Path(plan.root),
        split_seed=plan.split_seed,
        validation_seed=plan.validation_seed,
        outer=plan.outer,
    )


def _backbone_of_its_own(plan: TrialPlan) -> Backbone:
    """Return a backbone whose weights no plan shares: random ones, or those that another trial trained."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derive_seed(plan.seed, "backbone"))
        backbone = build_backbone(plan.arm.backbone, root=Path(plan.root))
    if plan.backbone_checkpoint is not None:
        load_backbone(Path(plan.backbone_checkpoint), backbone)
    return backbone


def _cache(plan: TrialPlan) -> CacheFolder:
    return CacheFolder(path=Path(plan.cache_dir), limit_gib=plan.cache_gib)


def _placed(backbone: Backbone, device: torch.device) -> Backbone:
    """Return a backbone on its device, channels last: the layout in which convolutions are fastest, CPU or GPU."""
    return backbone.to(device).to(memory_format=torch.channels_last)


def _keep(kept: OrderedDict[str, T], key: str, value: T, limit: int = _KEPT) -> None:
    kept[key] = value
    while len(kept) > limit:
        kept.popitem(last=False)
