"""Backbones: models cut into ordered stages, input first."""

from study.parts.backbones.backbone import Backbone
from study.parts.backbones.building import (
    BackboneEntry,
    backbone_problems,
    build_architecture,
    build_backbone,
    count_stages,
    list_backbones,
)
from study.parts.backbones.digest import prefix_digest, stage_digests, weights_digest
from study.parts.backbones.freezing import freeze, trainable_parameters

__all__ = [
    "Backbone",
    "BackboneEntry",
    "backbone_problems",
    "build_architecture",
    "build_backbone",
    "count_stages",
    "freeze",
    "list_backbones",
    "prefix_digest",
    "stage_digests",
    "trainable_parameters",
    "weights_digest",
]
