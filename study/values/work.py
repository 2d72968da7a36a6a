"""How much work a trial is, known before it is trained: as a share of training the whole backbone."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import fmean

from study.values.hyperparameters import Augmentation, Hyperparameters
from study.values.unfreezing import first_trained_stage

HEADS = 0.01
"""Work of training heads alone on cached features: an epoch of that was measured to take 1 / 98 of one of the whole."""
_FORWARD = 1 / 3
"""Share of a training step that is its forward pass: a backward pass is about twice as much (Kaplan et al., 2020,
section 2.1), of which half is that of weights."""


def work_of(
    values: Hyperparameters,
    stage_shares: Sequence[float],
    *,
    epochs: int,
    caches_features: bool,
    caches_views: bool = False,
) -> float:
    """Return the work of a trial of all its epochs, in trainings of the whole backbone of as many.

    Stages that an epoch does not train count with the forward pass alone: those that wait for `unfreeze_every` or
    `probe_epochs`, and frozen ones where their outputs are not cached; computing these once for the cache does not, for
    many trials share it. SAM takes each step twice. What differs little is left out: heads of all sizes are alike, and
    so are all batch sizes. With `adapter_width` no gradient of a block's weights is worked out, nor counted. With
    `lora_rank` all are: factors take theirs from that of the whole weight that they are a change of.

    Args:
        values: The trial's configuration.
        stage_shares: Of a forward pass, length S, sum 1.
        epochs: Of the trial, at least 1.
        caches_features: Whether the study has a feature cache.
        caches_views: Whether features of augmented images are cached too.
    """
    is_cached = caches_features and (values.augmentation is Augmentation.NONE or caches_views)
    computed = values.freezing_depth if is_cached else 0
    steps = 1 if values.sam_radius is None else 2
    firsts = [first_trained_stage(values, len(stage_shares), epoch) for epoch in range(1, epochs + 1)]
    trained = 1 if values.adapter_width is None else 2 * _FORWARD
    stages = [trained * sum(stage_shares[first:]) + _FORWARD * sum(stage_shares[computed:first]) for first in firsts]
    return steps * (HEADS + (1 - HEADS) * fmean(stages))
