"""Screening: of the candidates on the same tasks only those are searched whose untrained features score best."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from study.values.arm import Arm
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

    def places(self, task: str) -> dict[str, int]:
        """Return the place of each backbone that has a score, 1 being best; equal ones share theirs."""
        known = {one.backbone: one.score for one in self.tasks[task] if one.score is not None}
        return {name: 1 + sum(other > score for other in known.values()) for name, score in known.items()}

    def best(self, tasks: Sequence[str], keep: int) -> tuple[str, ...]:
        """Return the backbones that come first by their mean place on some tasks, of equal ones the first in the spec.

        Args:
            tasks: Their names.
            keep: Most backbones; those without a score on one of the tasks are never among them.
        """
        places = [self.places(task) for task in tasks]
        scored = [one.backbone for one in self.tasks[tasks[0]] if all(one.backbone in of_task for of_task in places)]
        return tuple(sorted(scored, key=lambda name: sum(of_task[name] for of_task in places))[:keep])


@dataclass(frozen=True, kw_only=True)
class ScreenedOut:
    """An arm that gets no trials."""

    arm: str
    """Its id."""
    score: str
    scores: Mapping[str, FeatureScore]
    """Of its backbone, by task."""
    kept: Mapping[str, Mapping[str, float]]
    """By task, the scores of the backbones that are searched."""

    def __str__(self) -> str:
        without = [f"on {task} ({one.reason})" for task, one in self.scores.items() if one.score is None]
        begin = f"{self.arm}: left out by search.screening before any trial"
        if without:
            return f"{begin}: its features have no {self.score} {', '.join(without)}"
        return f"{begin}: {'; '.join(self._compared(task) for task in self.scores)}"

    def _compared(self, task: str) -> str:
        others = ", ".join(f"{name} {value:.4g}" for name, value in self.kept[task].items())
        return f"its {self.score} on {task} is {self.scores[task].score:.4g}, of those that are searched {others}"


def screened_out(arms: Sequence[Arm], screening: Screening, *, keep: int) -> dict[str, ScreenedOut]:
    """Return the arms that get no trials, by id.

    A backbone that is kept for some tasks is kept for all protocols on them: trained from scratch it is what the same
    backbone is compared with.

    Args:
        arms: The study's.
        screening: Scores of each backbone on each task.
        keep: Backbones that are searched for each protocol and task, or set of tasks.
    """
    found = {}
    for arm in arms:
        best = screening.best(arm.task_names, keep)
        if arm.backbone.name not in best:
            by_task = {task: {one.backbone: one for one in screening.tasks[task]} for task in arm.task_names}
            found[arm.id] = ScreenedOut(
                arm=arm.id,
                score=screening.score,
                scores={task: scores[arm.backbone.name] for task, scores in by_task.items()},
                kept={
                    task: {name: value for name in best if (value := scores[name].score) is not None}
                    for task, scores in by_task.items()
                },
            )
    return found
