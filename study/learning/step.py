"""A step: the batches whose losses it is taken on, whole and in parts, as one rank reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from study.learning.batch import Batch
from study.learning.model import AdaptedModel
from study.learning.ranks import Ranks
from study.learning.reading import Reading


@dataclass(frozen=True, kw_only=True, eq=False)
class Portion:
    """What a rank reads of a batch."""

    batch: Batch
    reading: Reading
    places: Tensor | None
    """Of the rank's rows, and then of their partners, among the rows that are read; None where nothing is mixed."""

    @classmethod
    def of(cls, batch: Batch, ranks: Ranks, device: torch.device) -> Portion:
        """Return a rank's portion of a batch."""
        rows, places = ranks.part(batch.rows), None
        if batch.mixture is not None:
            # Every row once, whether it is mixed with another or another with it.
            pairs = torch.cat([rows, ranks.part(batch.mixture.partners)])
            rows, places = torch.unique(pairs, return_inverse=True)
        return cls(batch=batch, reading=batch.stream.training_reading(rows, device), places=places)

    def read(self, model: AdaptedModel) -> tuple[Tensor, int, list[tuple[Tensor, float]]]:
        """Return the inputs, the first stage that takes them, and the rows whose labels count, and how much."""
        inputs, start = self.reading.batch(), self.batch.stream.training_start
        mixture = self.batch.mixture
        if mixture is None or self.places is None:
            return inputs, start, [(self.batch.rows, 1.0)]
        depth = model.freezing_depth
        if start < depth:
            with torch.no_grad():
                inputs = model.backbone.run(inputs, start, depth)
        own, others = (inputs[part.to(inputs.device)] for part in torch.split(self.places, len(self.places) // 2))
        mixed, share = mixture.of(own, others)
        return mixed, depth, [(self.batch.rows, share), (mixture.partners, 1 - share)]


@dataclass(frozen=True, kw_only=True, eq=False)
class Step:
    """The batches of a step."""

    whole: list[Portion]
    """One a batch."""
    parts: list[list[Portion]]
    """The same in parts, one of each batch, one after another; the whole, where they are not taken apart."""

    @classmethod
    def of(cls, batches: Sequence[Batch], accumulation_steps: int, ranks: Ranks, device: torch.device) -> Step:
        """Return a step on batches, in as many parts as are asked for and the batches have examples for."""
        # A part has two examples for every rank, which is what batch normalisation needs.
        smallest = 2 * ranks.size
        num_parts = min((accumulation_steps, *(len(batch.rows) // smallest for batch in batches)))
        whole = [Portion.of(batch, ranks, device) for batch in batches]
        if num_parts <= 1:
            return cls(whole=whole, parts=[whole])
        taken_apart = zip(*(batch.split(num_parts) for batch in batches), strict=True)
        return cls(whole=whole, parts=[[Portion.of(one, ranks, device) for one in part] for part in taken_apart])

    def readings(self) -> Iterator[Reading]:
        """Yield what finding the gradients reads."""
        for part in self.parts:
            for portion in part:
                yield portion.reading
