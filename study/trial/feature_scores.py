"""How well a backbone's features fit a task, before anything is trained."""

from __future__ import annotations

import math

from study.learning.transferability import SCORES, logme_of_numbers
from study.parts.tasks.numbers import decoded
from study.trial.device import device_for
from study.trial.frozen_features import FrozenFeatures, frozen_features
from study.trial.materials import Materials
from study.values.plan import TrialPlan
from study.values.problems import InputError
from study.values.screening import FeatureScore
from study.values.target_kind import TargetKind

_DIGITS = 6
"""Of a score: where it is taken once more, on another machine, the last bits of a sum decide nothing."""


def feature_score(plan: TrialPlan, score: str, materials: Materials) -> FeatureScore:
    """Return the score of a backbone on a task, or why it has none: bad weights, too little memory, its own code.

    Args:
        plan: As `frozen_features`.
        score: Name of the score, defined for the task.
        materials: Shared by the plans of a process.

    Raises:
        InputError: If the data are bad, or there is no GPU where one was given: no backbone could be scored then.
        OSError: If a disk is full or away.
    """
    name, device = plan.arm.backbone.name, device_for(plan)
    [task] = materials.tasks(plan)
    try:
        materials.backbone(plan, device)
    except OSError:
        raise
    except Exception as error:  # bad weights, or whatever a person's function raises
        return FeatureScore(backbone=name, reason=_said(error))
    try:
        value = _measured(score, frozen_features(plan, materials), task.kind)
    except (InputError, OSError):
        raise
    except Exception as error:  # a backbone's own code may raise anything, and memory may run out
        return FeatureScore(backbone=name, reason=_said(error))
    if not math.isfinite(value):
        return FeatureScore(backbone=name, reason=f"it is {value}")
    return FeatureScore(backbone=name, score=float(f"{value:.{_DIGITS}g}"))


def _measured(score: str, found: FrozenFeatures, kind: TargetKind) -> float:
    if kind.has_classes:
        return SCORES[score].measure(found.features, found.labels)
    assert (score, kind) == ("logme", TargetKind.REGRESSION), "a spec that asks for anything else was refused"
    return logme_of_numbers(found.features, decoded(found.labels))


def _said(error: Exception) -> str:
    first = str(error).strip().partition("\n")[0]
    return first if isinstance(error, ValueError) else f"{type(error).__name__}: {first}"
