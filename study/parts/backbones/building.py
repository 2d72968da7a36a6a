"""From a spec to a backbone, whatever its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import study.parts.backbones.families  # noqa: F401 - registers every family
from study.parts.backbones import mlp
from study.parts.backbones.backbone import Backbone
from study.parts.backbones.checks import gather
from study.parts.backbones.keras_models import PREFIX as KERAS
from study.parts.backbones.keras_models import KerasSource
from study.parts.backbones.own_function import OwnFunction
from study.parts.backbones.registry import find, registered
from study.parts.backbones.source import BackboneSource
from study.parts.backbones.text import TransformersSource
from study.parts.backbones.text.architectures import ARCHITECTURES as ENCODERS
from study.parts.backbones.text.encoder_source import PREFIX as TRANSFORMERS
from study.parts.backbones.timm_models import PREFIX as TIMM
from study.parts.backbones.timm_models import TimmArchitecture
from study.values.importing import is_reference
from study.values.problems import Problem
from study.values.spec import BackboneSpec


def build_backbone(spec: BackboneSpec, *, root: Path) -> Backbone:
    """Return the backbone that a spec asks for, on the CPU, in training mode, nothing frozen.

    Random weights are drawn from torch's global generator, which the caller seeds; pretrained ones leave it alone.

    Args:
        spec: Its source, weights, image size and options.
        root: Folder that relative paths and own modules are looked for in.

    Raises:
        InputError: If it cannot be built; places are relative to the spec.
    """
    return _source(spec).build(spec, root=root)


def build_architecture(spec: BackboneSpec, *, root: Path) -> Backbone:
    """Return the same stages with weights of no account, quickly; published architectures are on the meta device.

    Raises:
        InputError: If it cannot be built.
    """
    return _source(spec).build_architecture(spec, root=root)


def build_given(spec: BackboneSpec, function: Callable[..., Any]) -> Backbone:
    """Return the same of a function that is at hand, whatever function the spec refers to.

    Raises:
        InputError: If the function or what it returns is not as it must be.
    """
    return OwnFunction(function).build_architecture(spec, root=Path())


def is_own(spec: BackboneSpec) -> bool:
    """Whether a spec's source is a function of a person's own, which is run where the backbone is built."""
    return is_reference(spec.source) and not spec.source.startswith(("torchvision:", TRANSFORMERS, TIMM, KERAS))


def count_stages(spec: BackboneSpec, *, root: Path) -> int:
    """Return S, the number of stages and so the largest freezing depth.

    Raises:
        InputError: If the backbone cannot be built.
    """
    return build_architecture(spec, root=root).num_stages


def backbone_problems(spec: BackboneSpec, *, root: Path) -> list[Problem]:
    """Return everything wrong with a spec that shows without downloading or training; places are relative to it.

    A weights file is read and compared with the model; an own function is called.
    """
    found: list[Problem] = []
    return gather(lambda: found.extend(_source(spec).problems(spec, root=root))) or found


def _source(spec: BackboneSpec) -> BackboneSource:
    if spec.source.startswith(TRANSFORMERS):
        return TransformersSource()
    if spec.source.startswith(TIMM):
        return TimmArchitecture(spec.source)
    if spec.source.startswith(KERAS):
        return KerasSource()
    if spec.source == mlp.SOURCE:
        return mlp.Mlp()
    return OwnFunction() if is_own(spec) else find(spec.source)


@dataclass(frozen=True, kw_only=True)
class BackboneEntry:
    """A line of the list of backbones."""

    source: str
    """What a spec calls it; `torchvision:` may be left out."""
    family: str
    weights: tuple[str, ...]
    """Names of published weights; beside them `default`, `none` and the path of a file are allowed."""
    default_weights: str
    """Which of them `default` stands for."""
    image_size: int | None
    """Height and width in pixels that the default weights expect; None where they take no images."""
    note: str
    """Terms and origin of the weights."""


def list_prefixes() -> list[tuple[str, str, str]]:
    """Return how backbones are named that have no list of weights, or are too many: source, family and note."""
    return [
        (mlp.SOURCE, "MLP", mlp.NOTE),
        (
            f"{KERAS}PATH.keras or {KERAS}NAME",
            "Keras",
            "images, or rows of numbers; a saved model, or one of keras.applications; needs pretrained-study[keras]",
        ),
        (f"{TIMM}NAME", "timm", "images; a model of timm that is a row of stages; needs pretrained-study[timm]"),
        (
            f"{TRANSFORMERS}PATH_OR_NAME",
            ", ".join(dict.fromkeys(kind.family for kind in ENCODERS.values())),
            "texts; the folder of a model of transformers, or a name on the hub; needs pretrained-study[text]",
        ),
    ]


def list_backbones() -> list[BackboneEntry]:
    """Return every published backbone, ordered by family and name."""
    return [
        BackboneEntry(
            source=known.source,
            family=known.family,
            weights=known.weights,
            default_weights=known.default_weights,
            image_size=known.own_image_size(),
            note=known.note,
        )
        for known in registered()
    ]
