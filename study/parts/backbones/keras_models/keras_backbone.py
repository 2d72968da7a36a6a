"""From a model of Keras to a backbone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from torch import nn

from study.parts.backbones.backbone import Backbone
from study.parts.backbones.keras_models.cutting import grouped, without_classifier
from study.parts.backbones.keras_models.graph import Graph, Step, graph_of
from study.parts.backbones.keras_models.pixels import WAYS, WITHIN, is_bgr, preprocessing_of
from study.parts.backbones.keras_models.replacements import module_of
from study.parts.backbones.keras_models.stage import Entrance, GraphStage, MapMean
from study.parts.columns import Columns
from study.parts.preparation import Preparation
from study.values.problems import InputError, Problem

OPTION = "preprocessing"
"""The option of a spec that says how images are prepared."""
_IMAGES = 4
"""Axes of images, that of the batch among them."""
_COLOURS = 3


class KerasBackbone(Backbone):
    """Its architecture is known as text, from which the same stages are made again."""

    architecture: str
    """JSON: the model's config, and how images are prepared."""


def backbone_of(model: Any, *, pixels: str | None, image_size: int | None, of: str) -> KerasBackbone:
    """Return a model cut into stages, without its classifier.

    Args:
        model: Functional or Sequential, with one input: images (N, H, W, 3) or rows (N, D).
        pixels: How images are prepared, where the model does not begin with that itself; of no account for rows.
        image_size: Height and width in pixels, where the model leaves them open or has these.
        of: What the model is called, for messages.

    Raises:
        InputError: If it cannot be cut, or does not take such inputs.
    """
    model.trainable = True  # what is frozen is said by the freezing depth
    try:
        graph = graph_of(model)
    except ValueError as error:
        raise _wrong(f"{of} cannot be cut into stages: {error}") from error
    steps = without_classifier(graph.steps)
    if not steps:
        raise _wrong(f"{of} is a classifier alone; nothing stands before it")
    way = _way(graph, pixels, of)
    preparation = _preparation(graph, way, image_size, of)
    stages, width = _stages(graph, steps, of)
    if way is not None:
        stages[0].insert(0, Entrance(is_bgr=is_bgr(way)))
    names = [f"stage{number}" for number in range(len(stages))]
    backbone = KerasBackbone(stages, feature_width=width, preprocessing=preparation, stage_names=names)
    backbone.architecture = json.dumps({"preprocessing": way, "model": json.loads(model.to_json())}, indent=1)
    return backbone


def _stages(graph: Graph, steps: Sequence[Step], of: str) -> tuple[list[nn.Sequential], int]:
    modules = {id(step.operation): module_of(step.operation) for step in steps}
    stages = [nn.Sequential(GraphStage(group, modules)) for group in grouped(graph, steps)]
    shape = graph.shape(steps[-1].outputs[0])
    if len(shape) not in (2, 4) or shape[-1] is None:
        raise _wrong(f"{of} gives features of shape {shape}; maps (N, H, W, C) or rows (N, C) are needed")
    if len(shape) == 4:
        stages[-1].append(MapMean())
    return stages, shape[-1]


def _way(graph: Graph, pixels: str | None, of: str) -> str | None:
    """Return how images are prepared; None where the model takes none."""
    if len(graph.shapes[0]) != _IMAGES or graph.shapes[0][-1] != _COLOURS:
        return None
    way = pixels or (WITHIN if graph.steps[0].kind in ("Rescaling", "Normalization") else None)
    if way is None:
        message = (
            f"{of} does not say what its images are to be like; give the option {OPTION}: one of {', '.join(WAYS)}"
        )
        raise InputError(Problem(message=message, location=("options", OPTION)))
    return way


def _preparation(graph: Graph, way: str | None, image_size: int | None, of: str) -> Preparation:
    match graph.shapes[0][1:]:
        case (int() as width,):
            return Columns(width=width)
        case (height, across, _) if height == across and way is not None:
            return preprocessing_of(way, _size(height, image_size, of))
        case shape:
            raise _wrong(f"{of} takes inputs of shape {shape}; square images (H, H, 3) or rows (D,) are needed")


def _size(own: int | None, wanted: int | None, of: str) -> int:
    if own is None and wanted is None:
        message = f"{of} takes images of any size, so image_size (height and width in pixels) is needed"
        raise InputError(Problem(message=message, location=("image_size",)))
    if own is not None and wanted not in (None, own):
        message = f"{of} takes images of {own} pixels, not of {wanted}; leave image_size out"
        raise InputError(Problem(message=message, location=("image_size",)))
    return own or wanted or 0


def _wrong(message: str) -> InputError:
    return InputError(Problem(message=message, location=("source",)))
