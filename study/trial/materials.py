"""What trials of one process share: data sets, decoded images and pretrained backbones, each read once."""

from __future__ import annotations

import copy
from collections import OrderedDict
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray

from study.learning.image_store import ImageStore
from study.parts.backbones import Backbone, build_backbone
from study.parts.preprocessing import Preprocessing
from study.parts.tasks import build_tasks
from study.parts.tasks.task import Task
from study.values.keys import content_digest
from study.values.plan import TrialPlan
from study.values.seeds import derive_seed

T = TypeVar("T")

_KEPT = 4
"""Backbones, task sets and image stores kept a process: an actor goes from arm to arm, back and forth."""


class Materials:
    """Builds what a trial needs, keeping the most recently used of what does not depend on the trial."""

    def __init__(self) -> None:
        self._backbones: OrderedDict[str, Backbone] = OrderedDict()
        self._tasks: OrderedDict[str, tuple[Task, ...]] = OrderedDict()
        self._stores: OrderedDict[str, ImageStore] = OrderedDict()

    def backbone(self, plan: TrialPlan) -> Backbone:
        """Return a backbone of the plan's own to train; random weights are drawn from the trial's seed.

        Where nothing of it is trained, all plans share one.
        """
        spec, root = plan.arm.backbone, Path(plan.root)
        if not spec.is_pretrained:
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(derive_seed(plan.seed, "backbone"))
                return build_backbone(spec, root=root)
        key = content_digest([spec, plan.root])
        if key not in self._backbones:
            _keep(self._backbones, key, build_backbone(spec, root=root))
        self._backbones.move_to_end(key)
        shared = self._backbones[key]
        return shared if plan.hyperparameters.freezing_depth == shared.num_stages else copy.deepcopy(shared)

    def tasks(self, plan: TrialPlan) -> tuple[Task, ...]:
        """Return the arm's tasks; those on the same data share their images and splits."""
        key = content_digest([plan.arm.tasks, plan.arm.stratify, plan.split_seed, plan.root])
        if key not in self._tasks:
            _keep(self._tasks, key, build_tasks(plan.arm, split_seed=plan.split_seed, root=Path(plan.root)))
        self._tasks.move_to_end(key)
        return self._tasks[key]

    def images(
        self, task: Task, examples: NDArray[np.int64], preprocessing: Preprocessing, cache_dir: Path
    ) -> ImageStore:
        """Return the store of some of a task's images."""
        size = (preprocessing.image_size, preprocessing.interpolation, preprocessing.mean, preprocessing.std)
        key = content_digest([task.images.digest, examples.tolist(), size, cache_dir])
        if key not in self._stores:
            _keep(self._stores, key, ImageStore(task.images, examples, preprocessing, cache_dir))
        self._stores.move_to_end(key)
        return self._stores[key]


def _keep(kept: OrderedDict[str, T], key: str, value: T) -> None:
    kept[key] = value
    while len(kept) > _KEPT:
        kept.popitem(last=False)
