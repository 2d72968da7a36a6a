"""Backbones that are not both shared and fine-tuned, since screening left out one of the two."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from study.values.arm import Arm
from study.values.protocols import Protocol


def screened_pairs(arms: Sequence[Arm], screened: Container[str]) -> Iterator[dict[str, str]]:
    """Yield `backbone`, `task` and, as `verdict`, why there is nothing to compare, for each such backbone and task.

    Those that are neither shared nor fine-tuned are not among them: nothing was expected of them.

    Args:
        arms: The study's.
        screened: Ids of the arms that screening left out.
    """
    single = {(arm.backbone.name, arm.task_names[0]): arm.id for arm in arms if arm.protocol is Protocol.FINE_TUNING}
    for arm in arms:
        for task in arm.task_names if arm.protocol.is_multi_task else ():
            other = single.get((arm.backbone.name, task))
            if other is not None and (arm.id in screened) is not (other in screened):
                out = arm.id if arm.id in screened else other
                verdict = f"not run, for search.screening left out {out}"
                yield {"backbone": arm.backbone.name, "task": task, "verdict": verdict}
