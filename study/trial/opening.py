"""Opening a trial's examples as its model reads them: images, or cached features of its frozen stages."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from study.learning.augmented import AugmentedImages, CachedViews, ImageView
from study.learning.feature_cache import FeatureCache
from study.learning.few_shot import keep_few
from study.learning.image_store import ImageStore
from study.learning.input_store import InputStore
from study.learning.inputs import Inputs
from study.learning.model import AdaptedModel
from study.learning.stream import Stream, label_matrix
from study.parts.tasks.task import Task
from study.trial.materials import Materials
from study.values.hyperparameters import Augmentation
from study.values.plan import TrialPlan
from study.values.seeds import derive_seed
from study.values.variant import FewShot

_NOTE = "features"


class StreamOpener:
    """Opens the streams of one trial, and notes how it came by what is in them."""

    def __init__(self, plan: TrialPlan, materials: Materials, device: torch.device) -> None:
        """Prepare to open the plan's streams.

        Args:
            plan: The trial's.
            materials: What its process holds.
            device: Where it trains.
        """
        self._plan, self._materials, self._device = plan, materials, device
        self.notes: dict[str, str] = {}
        """What a reader of the trial's record should know."""
        self.caches: list[FeatureCache] = []
        """Every set of cached features in use."""
        self.whole: Inputs | None = None
        """Examples as the first stage takes them, whatever is cached of them."""

    def open(self, model: AdaptedModel, tasks: Sequence[Task], group: Sequence[int]) -> Stream:
        """Open the train, validation and outer examples of tasks that share inputs; test is not among them.

        Whatever share of the training examples is set aside, the images are the same ones, and so are their features.

        Args:
            model: The trial's, on its device.
            tasks: The arm's.
            group: Positions of those that share inputs.
        """
        splits = tasks[group[0]].splits
        aside = [] if splits.outer is None else [splits.outer]
        examples = np.sort(np.concatenate([splits.train, splits.validation, *aside]))
        store = self._materials.store(tasks[group[0]].inputs, examples, model.backbone.preprocessing, self._plan)
        if store.why_not_kept is not None:
            self.notes[store.preprocessing.kind.value] = f"{store.how_else}: {store.why_not_kept}"
        self.whole = self.whole or store
        train = torch.from_numpy(np.searchsorted(examples, splits.train))
        inputs, start = self._inputs(model, store)
        augmented, augmented_start = self._augmented(model, store, train)
        stream = Stream(
            tasks=tuple(group),
            inputs=inputs,
            start=start,
            augmented=augmented,
            augmented_start=augmented_start,
            labels=label_matrix(tasks, group, examples),
            train=train,
            validation=torch.from_numpy(np.searchsorted(examples, splits.validation)),
            outer=torch.from_numpy(np.searchsorted(examples, aside[0])) if aside else None,
            lengths=store.lengths,
            # One whose memory did not hold a batch holds no more than it needs.
            ahead=None if self._plan.micro_batches == 1 else False,
        )
        variant = self._plan.variant
        return self._few(stream, variant) if isinstance(variant, FewShot) else stream

    def scored_inputs(self, model: AdaptedModel, store: InputStore) -> tuple[Inputs, int]:
        """Return inputs that a trained model is only scored on, and the first stage that they have to go through.

        Where nothing of a pretrained backbone was trained these are its features: few bytes an image, and the same for
        every seed and number of training examples. Others are read once an assessment, and not worth keeping.
        """
        if not (model.has_frozen_backbone and self._caches_features(model) and self._plan.arm.backbone.is_pretrained):
            return store, 0
        features = self._materials.features(model.backbone, store, self._plan, self._device, {})
        return (store, 0) if features is None else (features.on(self._device), model.freezing_depth)

    def _few(self, stream: Stream, variant: FewShot) -> Stream:
        """Return a stream with few training examples, of the images and features that the whole one has opened."""
        # One order a seed, whatever the arm: arms are compared on the same examples.
        seed = derive_seed(self._plan.split_seed, "few-shot", self._plan.repeat)
        few = keep_few(stream, variant.examples_per_class, seed)
        told = f"{len(few.train)} of {len(stream.train)} training examples"
        self.notes["few_shot"] = "; ".join(dict.fromkeys([*filter(None, [self.notes.get("few_shot")]), told]))
        return few

    def _inputs(self, model: AdaptedModel, store: InputStore) -> tuple[Inputs, int]:
        """Return the examples as they are, and the first stage that they have to go through."""
        if not self._caches_features(model):
            self.notes[_NOTE] = "nothing is frozen" if model.freezing_depth == 0 else "feature cache is off"
            return store, 0
        notes: dict[str, str] = {}
        features = self._materials.features(model.backbone, store, self._plan, self._device, notes)
        # Tasks with inputs of their own may have come by their features in another way.
        told = [self.notes[_NOTE]] if _NOTE in self.notes else []
        self.notes[_NOTE] = "; ".join(dict.fromkeys([*told, notes[_NOTE]]))
        return (store, 0) if features is None else (self._held(features), model.freezing_depth)

    def _augmented(self, model: AdaptedModel, store: InputStore, train: Tensor) -> tuple[Inputs | None, int]:
        """Return what is trained on in place of the examples as they are, and its first stage; None if these are."""
        kind = self._plan.hyperparameters.augmentation
        if kind is Augmentation.NONE:
            return None, 0
        assert isinstance(store, ImageStore), "no space suggests it for other inputs than images"
        if self._plan.cached_views is not None and self._caches_features(model):
            views = self._views(model, store, train, self._plan.cached_views)
            if views is not None:
                number = f"{len(views)} views of each image" if len(views) > 1 else "one view of each image"
                self.notes["augmentation"] = f"{kind.value}: {number}, cached: other examples than drawn anew"
                return CachedViews(views, train), model.freezing_depth
        self.notes["augmentation"] = f"{kind.value}: drawn anew every time"
        return AugmentedImages(store, kind), 0

    def _views(
        self, model: AdaptedModel, store: ImageStore, train: Tensor, num_views: int
    ) -> list[FeatureCache] | None:
        """Return the features of each view; None where one of them cannot be kept."""
        kind, views = self._plan.hyperparameters.augmentation, []
        for number in range(num_views):
            view = ImageView(store, train, kind, derive_seed(self._plan.split_seed, "view", number))
            features = self._materials.features(model.backbone, view, self._plan, self._device, {})
            if features is None:
                return None
            views.append(self._held(features))
        return views

    def _caches_features(self, model: AdaptedModel) -> bool:
        return model.freezing_depth > 0 and self._plan.feature_cache_gib > 0

    def _held(self, features: FeatureCache) -> FeatureCache:
        self.caches.append(features)
        return features.on(self._device)
