"""Arms of which the truth is known: examples that are hard or easy for all models, and seeds that are lucky or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from study.statistics.predictions import Predictions
from study.statistics.weighted_metrics import WEIGHTED_METRICS


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """Logits of the label are skill + seed + example, with noise on every logit."""

    num_seeds: int
    num_examples: int
    seed_spread: float
    example_spread: float = 1.0
    skill: float = 1.0
    num_classes: int = 3

    def arms(self, num_arms: int, rng: np.random.Generator) -> list[Predictions]:
        """Return equally good arms on the same examples, with seeds of their own."""
        labels = rng.integers(self.num_classes, size=self.num_examples)
        easy = self.example_spread * rng.normal(size=self.num_examples)
        found = []
        for _ in range(num_arms):
            logits = rng.normal(size=(self.num_seeds, self.num_examples, self.num_classes))
            lift = self.skill + easy + self.seed_spread * rng.normal(size=(self.num_seeds, 1))
            logits[:, np.arange(self.num_examples), labels] += lift
            found.append(Predictions.of_logits(logits, labels))
        return found

    def expected(self, name: str, rng: np.random.Generator, *, repetitions: int = 4000) -> float:
        """Return the metric that a new seed has on average on as many new examples."""
        single = Simulation(**{**vars(self), "num_seeds": 1})
        once = np.ones((1, self.num_examples))
        scores = []
        for _ in range(repetitions):
            (predictions,) = single.arms(1, rng)
            scores.append(WEIGHTED_METRICS[name](predictions.probabilities, predictions.labels, once).item())
        return float(np.mean(scores))
