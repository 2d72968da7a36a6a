"""Scoring backbones before a search: a task of the cluster each, with what a trial is given."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import ray

from study.adapters.tune.stopping import StopRequest
from study.trial.feature_scores import feature_score
from study.trial.materials import Materials
from study.values.plan import TrialPlan
from study.values.screening import FeatureScore
from study.values.spec import ResourcesSpec

_POLL_S = 0.5
"""Seconds after which is looked whether it is to stop."""
_TRIES = 2
"""Of a backbone whose process dies: once may be the node's fault."""


def score_in_tasks(
    plans: Mapping[str, Sequence[TrialPlan]], score: str, *, resources: ResourcesSpec, stop: StopRequest
) -> Iterator[tuple[str, Sequence[FeatureScore]]]:
    """Yield the name of each backbone and its scores, one a plan, as they are there.

    Each backbone is scored in a process of its own, which ends with all memory that it held.

    Args:
        plans: Of each backbone, by its name, one a task.
        score: Name of the score.
        resources: What a trial is given; of GPUs, at most one is.
        stop: Ends it, once it is made.

    Raises:
        KeyboardInterrupt: With the signal's number, where it is to stop.
        InputError: As `feature_score`.
    """
    task = _scores.options(num_cpus=resources.cpus_per_trial, num_gpus=min(1, resources.gpus_per_trial))
    waiting, running = deque((name, 1) for name in plans), dict[Any, tuple[str, int]]()
    try:
        while waiting or running:
            while waiting and len(running) < (resources.max_concurrent_trials or len(plans)):
                name, number = waiting.popleft()
                running[task.remote([plan.model_dump_json() for plan in plans[name]], score)] = (name, number)
            ended, _ = ray.wait(list(running), timeout=_POLL_S)
            for answer in ended:
                name, number = running.pop(answer)
                try:
                    yield name, _outcome(answer)
                except ray.exceptions.RayError as error:
                    if _may_live(error, number):
                        waiting.append((name, number + 1))
                    else:
                        yield name, [FeatureScore(backbone=name, reason=_why_dead(error)) for _ in plans[name]]
            if stop.is_made:
                raise KeyboardInterrupt(stop.signal)
    finally:
        for answer in running:
            ray.cancel(answer, force=True)


@ray.remote(max_retries=0, max_calls=1)  # type: ignore[untyped-decorator]
def _scores(plans: Sequence[str], score: str) -> list[str]:
    materials = Materials()
    found = [feature_score(TrialPlan.model_validate_json(plan), score, materials) for plan in plans]
    return [one.model_dump_json() for one in found]


def _outcome(answer: Any) -> list[FeatureScore]:
    """Return the scores; raises what was raised in the process, or that it died."""
    try:
        return [FeatureScore.model_validate_json(one) for one in ray.get(answer)]
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None


def _may_live(error: Exception, number: int) -> bool:
    """Whether a process that died at try `number` may get further at the next."""
    return number < _TRIES and not isinstance(error, ray.exceptions.OutOfMemoryError)


def _why_dead(error: Exception) -> str:
    if isinstance(error, ray.exceptions.OutOfMemoryError):
        return "its process was ended, since its node ran out of memory"
    return f"its process died, {_TRIES} times"
