"""Screening: of the candidates on the same tasks only those are searched whose untrained features score best."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from study.values.frozen import Frozen


class FeatureScore(Frozen):
    """How well a backbone's features fit a task, before anything is trained."""

    backbone: str
    """Its name."""
    score: float | None = None
    """Larger is better; None where they have none."""
    reason: str | None = None
    """Why they have none."""


class Screening(Frozen):
    """Scores of a study's backbones."""

    score: str
    """What they are scored by."""
    tasks: dict[str, tuple[FeatureScore, ...]]
    """By the task's name; of each backbone, in the spec's order."""
    is_whole: bool = True
    """Whether all backbones are scored: not yet, where scoring was interrupted."""

    def places(self, task: str) -> dict[str, int]:
        """Return the place of each backbone that has a score, 1 being best; equal ones share theirs."""
        known = {one.backbone: one.score for one in self.tasks[task] if one.score is not None}
        return {name: 1 + sum(other > score for other in known.values()) for name, score in known.items()}

    def mean_places(self, tasks: Sequence[str]) -> dict[str, float]:
        """Return the mean place of each backbone that has a score on every one of some tasks, best first."""
        places = [self.places(task) for task in tasks]
        scored = [one.backbone for one in self.tasks[tasks[0]] if all(one.backbone in of_task for of_task in places)]
        mean = {name: sum(of_task[name] for of_task in places) / len(places) for name in scored}
        return dict(sorted(mean.items(), key=lambda item: item[1]))

    def best(self, tasks: Sequence[str], keep: int, begun: Collection[str] = ()) -> tuple[str, ...]:
        """Return the backbones that come first by their mean place on some tasks, of equal ones the first in the spec.

        Args:
            tasks: Their names.
            keep: Most backbones; those without a score on one of the tasks are never among them.
            begun: Backbones that have trials already: they are among them whatever their scores.
        """
        ranked = self.mean_places(tasks)
        others = [name for name in ranked if name not in begun][: max(0, keep - len(begun))]
        return (
            *(name for name in ranked if name in begun or name in others),
            *(name for name in begun if name not in ranked),
        )
