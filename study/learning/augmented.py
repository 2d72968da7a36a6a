"""Augmented training examples: drawn anew every time, or a few views of each image whose features are cached."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from study.learning.feature_cache import FeatureCache
from study.learning.image_store import ImageStore
from study.learning.inputs import Inputs
from study.parts.augmentation import augment, draw
from study.values.hyperparameters import Augmentation
from study.values.keys import content_digest


class AugmentedImages(Inputs):
    """The images of a store, augmented anew whenever they are asked for.

    The random numbers come from torch's global generator, which each epoch of a trial seeds.
    """

    def __init__(self, store: ImageStore, augmentation: Augmentation) -> None:
        self._store, self._augmentation = store, augmentation

    @property
    def on_host(self) -> bool:
        """Whether the store's are."""
        return self._store.on_host

    def fetch(self, rows: Tensor) -> Tensor:
        """Return the pixels of images `rows` as they are."""
        return self._store.fetch(rows)

    def prepare(self, fetched: Tensor, device: torch.device) -> Tensor:
        """Return images, augmented and normalised, on `device`."""
        random = draw(len(fetched))
        return self._store.prepare(fetched, device, change=lambda images: augment(images, self._augmentation, random))


class ImageView:
    """Some images of a store, each augmented once and for all: a view of them."""

    longest = 0
    """Images of a view are alike in size."""

    def __init__(self, store: ImageStore, rows: Tensor, augmentation: Augmentation, seed: int) -> None:
        """Draw the view.

        Args:
            store: The images.
            rows: Which of them.
            augmentation: How.
            seed: Tells views apart.
        """
        self.preprocessing = store.preprocessing
        self.digest = content_digest([store.digest, rows.tolist(), augmentation, seed, "view-1"])
        """Digest of the view's pixels."""
        self._store, self._rows, self._augmentation = store, rows, augmentation
        self._random = draw(len(rows), torch.Generator().manual_seed(seed))

    def __len__(self) -> int:
        return len(self._rows)

    def batch(self, rows: Tensor, device: torch.device) -> Tensor:
        """Return images of the view, counted within it, normalised, on `device`."""
        random = self._random[rows]
        pixels = self._store.fetch(self._rows[rows])
        return self._store.prepare(pixels, device, change=lambda images: augment(images, self._augmentation, random))


class CachedViews(Inputs):
    """Features of several views of the same images: whenever an example is asked for, one of them at random."""

    def __init__(self, views: Sequence[FeatureCache], rows: Tensor) -> None:
        """Put views together.

        Args:
            views: Each of the same images.
            rows: What these images are called in the store that they are of.
        """
        self.views = views
        self._position = torch.zeros(int(rows.max()) + 1, dtype=torch.int64)
        self._position[rows] = torch.arange(len(rows))

    @property
    def on_host(self) -> bool:
        """No: which view it is to be of is drawn when a batch is made."""
        return False

    def fetch(self, rows: Tensor) -> Tensor:
        """Return where images `rows` are in each view: int64, shape (len(rows),)."""
        return self._position[rows]

    def prepare(self, fetched: Tensor, device: torch.device) -> Tensor:
        """Return features of images on `device`. The choice of a view comes from torch's global generator."""
        chosen = torch.randint(len(self.views), (len(fetched),))
        order = torch.argsort(chosen, stable=True)
        parts = [
            view.batch(fetched[chosen == number], device)
            for number, view in enumerate(self.views)
            if bool((chosen == number).any())
        ]
        return torch.cat(parts)[torch.argsort(order).to(device)]
