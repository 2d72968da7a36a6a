"""How the CUSTOM SCALARS tab is laid out: what arms have reached, then each task's metrics by split."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from tensorboard.plugins.custom_scalar.layout_pb2 import Category, Chart, Layout, MultilineChartContent

from study.values.arm import Arm
from study.values.metric_names import BEST_SO_FAR, Split, metrics_of, tag
from study.values.spec import TaskSpec

_COMPARED = (Split.TRAIN, Split.VALIDATION, Split.GAP)


def best_so_far_tag(arm: Arm) -> str:
    """Return the tag of the best objective that an arm's trials have reached."""
    return f"{BEST_SO_FAR}/{arm.id}"


def study_layout(arms: Sequence[Arm]) -> Layout:
    """Return a chart for each task set with all its arms in it, and for each task one a metric, its splits together.

    Only the first category is open when the tab is: TensorBoard asks for the data of charts that are in sight, one
    request for each of them and each run.
    """
    tasks = {task.name: task for arm in arms for task in arm.tasks}
    return Layout(category=[_reached(arms), *(_by_split(task) for task in tasks.values())])


def _reached(arms: Sequence[Arm]) -> Category:
    rivals: dict[str, list[Arm]] = defaultdict(list)
    for arm in arms:
        rivals[", ".join(f"{task.name} {task.metric}" for task in arm.tasks)].append(arm)
    charts = [_chart(title, [best_so_far_tag(arm) for arm in those]) for title, those in rivals.items()]
    return Category(title="best so far, by trials ended", chart=charts)


def _by_split(task: TaskSpec) -> Category:
    charts = [_chart(name, [tag(split, task.name, name) for split in _COMPARED]) for name in _own_first(task)]
    return Category(title=f"{task.name}: train, validation, gap", chart=charts, closed=True)


def _own_first(task: TaskSpec) -> Iterator[str]:
    yield task.metric
    yield from (name for name in metrics_of(task.kind) if name != task.metric)


def _chart(title: str, tags: Sequence[str]) -> Chart:
    # TensorBoard takes each for a regular expression that a tag must begin with.
    return Chart(title=title, multiline=MultilineChartContent(tag=[f"{re.escape(name)}$" for name in tags]))
