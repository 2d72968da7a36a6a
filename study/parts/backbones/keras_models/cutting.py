"""Where a graph is cut: at tensors through which everything flows."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from itertools import chain, pairwise

from study.parts.backbones.keras_models.graph import Graph, Step

_MOST_STAGES = 14
_BLOCK = re.compile(r"^.*(?:(?:block|layer|stage)_?\d+[a-z]?|expanded_conv(?:_\d+)?)(?=_|$)")
_BEHIND_LOGITS = {"Activation", "Softmax", "Reshape", "Flatten"}
_BEFORE_CLASSIFIER = {"Dropout"}
_POOLING = {f"Global{kind}Pooling{rank}D" for kind in ("Average", "Max") for rank in (1, 2)}
_OF_CLASSIFIERS = {"linear", "softmax", "sigmoid"}


def without_classifier(steps: Sequence[Step]) -> list[Step]:
    """Return a model's steps up to what enters its classifier; all of them where it ends in none.

    A classifier is a dense layer, or behind global pooling a convolution, with no activation, softmax or sigmoid, and
    nothing behind but activations and changes of shape. Dropout before it goes with it.
    """
    stop = len(steps)
    while stop and steps[stop - 1].kind in _BEHIND_LOGITS and _is_flat(steps[stop - 1]):
        stop -= 1
    pooled = any(step.kind in _POOLING for step in steps[:stop])
    kinds = {"Dense", "Conv2D"} if pooled else {"Dense"}
    if not stop or steps[stop - 1].kind not in kinds or not _is_flat(steps[stop - 1]):
        return list(steps)
    stop -= 1
    while stop and steps[stop - 1].kind in _BEFORE_CLASSIFIER:
        stop -= 1
    return list(steps[:stop])


def _is_flat(step: Step) -> bool:
    """Whether a step's activation, if it has one, is one that classifiers have."""
    activation = getattr(step.operation, "activation", None)
    return activation is None or getattr(activation, "__name__", "") in _OF_CLASSIFIERS


def grouped(graph: Graph, steps: Sequence[Step]) -> list[list[Step]]:
    """Return steps in stages, evenly joined where there are more than 14.

    A stage ends where a block does by the layers' names (`block_3_expand`, `conv2_block1_out`); in a model without such
    names, before each layer with a matrix of weights.
    """
    ends = [position for position in bottlenecks(steps) if position + 1 < len(steps)]
    blocks = _blocks(steps)
    if len(set(blocks)) > 2:
        ends = [end for end in ends if blocks[end] != blocks[end + 1]]
    else:
        ends = [end for end in ends if _has_matrix(steps[end + 1])]
    # What comes before the first weights is no stage of its own.
    ends = [end for end in ends if any(_has_matrix(step) for step in steps[: end + 1])]
    starts = [0, *(end + 1 for end in ends), len(steps)]
    groups = [list(steps[start:stop]) for start, stop in pairwise(starts)]
    size = math.ceil(len(groups) / _MOST_STAGES)
    return [list(chain(*groups[start : start + size])) for start in range(0, len(groups), size)]


def bottlenecks(steps: Sequence[Step]) -> list[int]:
    """Return the positions of the steps whose one output is all that later steps take of what came before."""
    last_use = {slot: position for position, step in enumerate(steps) for slot in step.inputs()}
    made = {slot for step in steps for slot in step.outputs}
    found, latest = [], max((position for slot, position in last_use.items() if slot not in made), default=-1)
    for position, step in enumerate(steps):
        if latest <= position and len(step.outputs) == 1:
            found.append(position)
        latest = max([latest, *(last_use.get(slot, position) for slot in step.outputs)])
    return found


def _blocks(steps: Sequence[Step]) -> list[str]:
    """Return the block that each step is in: its own, or that of the last before it that says one."""
    found, current = [], ""
    for step in steps:
        match = _BLOCK.match(step.name)
        current = match.group(0) if match else current
        found.append(current)
    return found


def _has_matrix(step: Step) -> bool:
    return any(len(weight.shape) > 1 for weight in getattr(step.operation, "trainable_variables", ()))
