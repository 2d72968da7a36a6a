"""Backbones: models cut into ordered stages, input first."""

from study.parts.backbones.backbone import Backbone
from study.parts.backbones.building import (
    BackboneEntry,
    backbone_problems,
    build_architecture,
    build_backbone,
    build_given,
    count_stages,
    is_own,
    list_backbones,
    list_prefixes,
)
from study.parts.backbones.digest import prefix_digest, stage_digests, weights_digest
from study.parts.backbones.freezing import freeze, trainable_parameters
from study.parts.backbones.stage_shares import stage_shares

__all__ = [
    "Backbone",
    "BackboneEntry",
    "backbone_problems",
    "build_architecture",
    "build_backbone",
    "build_given",
    "count_stages",
    "freeze",
    "is_own",
    "list_backbones",
    "list_prefixes",
    "prefix_digest",
    "stage_digests",
    "stage_shares",
    "trainable_parameters",
    "weights_digest",
]
