"""How an assessed model bears corrupted test images."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from study.learning.evaluation import evaluate
from study.learning.image_store import ImageStore
from study.learning.inputs import Inputs
from study.learning.stream import Stream
from study.parts.corruptions import CORRUPTIONS, SEVERITIES, Corruption
from study.trial.kept_values import KeptValues
from study.trial.trial import Trial
from study.values.frozen import Frozen
from study.values.seeds import derive_seed

FILE = "robustness.json"


class CorruptedScore(Frozen):
    """A task's metric on corrupted test images."""

    task: str
    corruption: str
    severity: int
    """1 to 5."""
    score: float


class CorruptedImages(Inputs):
    """The images of a store, corrupted; the same way every time they are asked for in the same order."""

    def __init__(self, store: ImageStore, corruption: Corruption, severity: int) -> None:
        self._store, self._corruption, self._severity = store, corruption, severity

    @property
    def on_host(self) -> bool:
        """Whether the store's are."""
        return self._store.on_host

    def fetch(self, rows: Tensor) -> Tensor:
        """Return the pixels of images `rows` as they are."""
        return self._store.fetch(rows)

    def prepare(self, fetched: Tensor, device: torch.device) -> Tensor:
        """Return images, corrupted and normalised, on `device`."""
        return self._store.prepare(fetched, device, change=lambda images: self._corruption(images, self._severity))


def corrupted_scores(trial: Trial, stream: Stream, store: ImageStore) -> Iterator[CorruptedScore]:
    """Yield the metric of each of a stream's tasks under every corruption and severity.

    Args:
        trial: Trained to its end.
        stream: Test examples, as `validation` rows.
        store: Their images.
    """
    for name, corruption in CORRUPTIONS.items():
        for severity in SEVERITIES:
            # Noise is the same for every model and seed, so that they are compared on the same images.
            torch.manual_seed(derive_seed(trial.plan.split_seed, "corruption", name, severity))
            corrupted = Stream(
                tasks=stream.tasks,
                inputs=CorruptedImages(store, corruption, severity),
                start=0,
                labels=stream.labels,
                train=stream.train,
                validation=stream.validation,
            )
            found = evaluate(trial.model, corrupted, stream.validation, trial.learner.objectives, trial.device)
            for position, metrics in found.items():
                task = trial.tasks[position]
                yield CorruptedScore(task=task.name, corruption=name, severity=severity, score=metrics[task.metric])


_KEPT = KeptValues(FILE, CorruptedScore)
save_robustness, load_robustness = _KEPT.save, _KEPT.load
"""Write scores into a folder, and return what was written there; empty where nothing was."""
