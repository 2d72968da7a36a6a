"""Arms that screening leaves out: which, and by what."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from study.values.arm import Arm
from study.values.screening import FeatureScore, Screening


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
    place: float | None
    """Of its backbone, the mean over the tasks; None where it has no score on one of them."""
    kept_places: Mapping[str, float]
    """Of the backbones that are searched."""

    def __str__(self) -> str:
        without = [f"on {task} ({one.reason})" for task, one in self.scores.items() if one.score is None]
        begin = f"{self.arm}: left out by search.screening before any trial"
        if without:
            return f"{begin}: its features have no {self.score} {', '.join(without)}"
        return f"{begin}: {'; '.join([*(self._compared(task) for task in self.scores), *self._placed()])}"

    def _compared(self, task: str) -> str:
        others = ", ".join(f"{name} {value:.4g}" for name, value in self.kept[task].items())
        return f"its {self.score} on {task} is {self.scores[task].score:.4g}, of those that are searched {others}"

    def _placed(self) -> Iterator[str]:
        """Say what the scores, one by one, do not: the mean place on several tasks, and why it is not enough."""
        last = max(self.kept_places.values(), default=0)
        if self.place is None:
            return
        if len(self.scores) > 1:
            others = ", ".join(f"{name} {place:.4g}" for name, place in self.kept_places.items())
            yield f"its mean place is {self.place:.4g}, of those that are searched {others}"
        if self.place == last:
            yield "of equal ones the first in the spec are searched"
        elif self.place < last:
            yield "those had trials already when they were scored anew"


def screened_out(
    arms: Sequence[Arm], screening: Screening, *, keep: int, begun: Collection[str] = ()
) -> dict[str, ScreenedOut]:
    """Return the arms that get no trials, by id.

    A backbone that is kept for some tasks is kept for all protocols on them: trained from scratch it is what the same
    backbone is compared with.

    Args:
        arms: The study's.
        screening: Scores of each backbone on each task.
        keep: Backbones that are searched for each protocol and task, or set of tasks.
        begun: Ids of arms that have trials already; their backbones stay in, whatever scores taken anew say.
    """
    found = {}
    for arm in arms:
        best = kept_backbones(arms, screening, arm.task_names, keep=keep, begun=begun)
        if arm.backbone.name not in best:
            places = screening.mean_places(arm.task_names)
            by_task = {task: {one.backbone: one for one in screening.tasks[task]} for task in arm.task_names}
            found[arm.id] = ScreenedOut(
                arm=arm.id,
                score=screening.score,
                scores={task: scores[arm.backbone.name] for task, scores in by_task.items()},
                kept={
                    task: {name: value for name in best if (value := scores[name].score) is not None}
                    for task, scores in by_task.items()
                },
                place=places.get(arm.backbone.name),
                kept_places={name: places[name] for name in best if name in places},
            )
    return found


def kept_backbones(
    arms: Sequence[Arm], screening: Screening, tasks: Sequence[str], *, keep: int, begun: Collection[str]
) -> tuple[str, ...]:
    """Return the backbones that are searched on a task, or set of tasks; as `screened_out`."""
    of_tasks = [arm for arm in arms if arm.task_names == tuple(tasks)]
    names = dict.fromkeys(arm.backbone.name for arm in of_tasks if arm.id in begun)
    return screening.best(tasks, keep, tuple(names))
