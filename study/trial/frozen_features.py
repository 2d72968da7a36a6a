"""Features of a task's training examples under a backbone of which nothing is trained."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.learning.model import AdaptedModel
from study.learning.stream import Stream
from study.parts.tasks.data import MISSING
from study.trial.device import device_for
from study.trial.materials import Materials
from study.trial.opening import StreamOpener
from study.values.plan import TrialPlan
from study.values.problems import InputError

_BATCH_SIZE = 128


@dataclass(frozen=True, kw_only=True)
class FrozenFeatures:
    """What a linear probe on one task is trained on."""

    features: NDArray[np.float32]
    """Shape (N, feature_width)."""
    labels: NDArray[np.int64]
    """Class of each example, or the number to predict as `coded` has it, shape (N,)."""
    notes: dict[str, str]
    """How they were come by."""


def frozen_features(plan: TrialPlan, materials: Materials) -> FrozenFeatures:
    """Return the pooled features and the labels of a task's training examples, all stages frozen, in eval mode.

    The training split only: validation is for selection and test for assessment, and what is chosen by these features
    is yet to be put to both. The features are those of a linear probe with this plan, from the same cache entry, which
    holds validation's beside them. Examples without a label are left out. Leaves torch's threads as they are.

    Args:
        plan: Of an arm with one task; its freezing depth is the backbone's number of stages.
        materials: Shared by the plans of a process.

    Raises:
        InputError: If the data or the weights are bad, or the plan was given a GPU and torch sees none.
    """
    assert len(plan.arm.tasks) == 1, "features are asked for a task at a time"
    device = device_for(plan)
    tasks = materials.tasks(plan)
    backbone = materials.backbone(plan, device)
    assert plan.hyperparameters.freezing_depth == backbone.num_stages, "nothing is trained"
    model = AdaptedModel(backbone, (), backbone.num_stages).eval()
    opener = StreamOpener(plan, materials, device)
    stream = opener.open(model, tasks, (0,))
    labels = stream.labels[0]
    rows = stream.train[labels[stream.train] != MISSING]
    if len(rows) == 0:
        raise InputError(f"task {tasks[0].name}: no training example has a label")
    return FrozenFeatures(
        features=_features(model, stream, rows, device), labels=labels[rows].numpy(), notes=opener.notes
    )


@torch.inference_mode()
def _features(model: AdaptedModel, stream: Stream, rows: Tensor, device: torch.device) -> NDArray[np.float32]:
    with stream.batches(torch.split(rows, _BATCH_SIZE), device) as batches:
        parts = [model.features(inputs, stream.start).cpu() for _, inputs in batches]
    features: NDArray[np.float32] = torch.cat(parts).numpy()
    return features
