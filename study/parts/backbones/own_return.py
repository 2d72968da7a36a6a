"""What a person's own function may return, brought into one form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from study.parts.backbones.backbone import Backbone
from study.parts.backbones.cut import pooled
from study.parts.preparation import Preparation
from study.parts.preprocessing import Preprocessing
from study.values.problems import InputError, Problem
from study.values.spec import BackboneSpec

_MUST = "return a study.Backbone, an nn.Sequential whose children are the stages, or (nn.Sequential, Preprocessing)"


@dataclass(frozen=True, kw_only=True)
class Returned:
    """A module, with the names of its entries as the person knows them, and what it expects of its input."""

    module: Backbone | nn.Sequential
    preprocessing: Preparation

    def backbone(self, spec: BackboneSpec) -> Backbone:
        """Return it as a backbone, tried on one blank input.

        Raises:
            InputError: If it cannot take it, or gives no features (1, width) for it.
        """
        features = _try(self.module, self.preprocessing.blank(1), spec)
        if isinstance(self.module, Backbone):
            _check(features, spec, width=self.module.feature_width)
            self.module.preprocessing = self.preprocessing
            return self.module
        stages = {name: stage for name, stage in self.module._modules.items() if stage is not None}  # repeated ones too
        if features.ndim == 4:
            last = list(stages)[-1]
            stages[last] = pooled(stages[last])
            features = features.flatten(2).mean(dim=2)
        _check(features, spec)
        return Backbone(
            list(stages.values()),
            feature_width=features.shape[1],
            preprocessing=self.preprocessing,
            stage_names=list(stages),
        )


def understand(value: Any, spec: BackboneSpec) -> Returned:
    """Return what a function returned, in one form; the spec's image size goes before the function's.

    Raises:
        InputError: If it returned anything else than allowed, or an image size is needed and not given.
    """
    match value:
        case Backbone():
            return Returned(module=value, preprocessing=_resized(value.preprocessing, spec))
        case (nn.Sequential() as module, Preparation() as preprocessing):
            _check_children(module, spec)
            return Returned(module=module, preprocessing=_resized(preprocessing, spec))
        case nn.Sequential():
            _check_children(value, spec)
            return Returned(module=value, preprocessing=Preprocessing(image_size=_needed_size(spec)))
        case tuple():
            kinds = ", ".join(type(part).__name__ for part in value)
            raise _wrong(spec, f"returned ({kinds}); {_MUST}")
        case _:
            raise _wrong(spec, f"returned {type(value).__name__}; {_MUST}")


def _needed_size(spec: BackboneSpec) -> int:
    if spec.image_size is None:
        message = f"{spec.source} returns an nn.Sequential alone, so image_size (height and width in pixels) is needed"
        raise InputError(Problem(message=message, location=("image_size",)))
    return spec.image_size


def _resized(preprocessing: Preparation, spec: BackboneSpec) -> Preparation:
    if spec.image_size is None:
        return preprocessing
    if not isinstance(preprocessing, Preprocessing):
        message = f"{spec.source} takes {preprocessing.kind.value}, which have no image_size; leave it out"
        raise InputError(Problem(message=message, location=("image_size",)))
    return preprocessing.model_copy(update={"image_size": spec.image_size})


def _check_children(module: nn.Sequential, spec: BackboneSpec) -> None:
    if not len(module):
        raise _wrong(spec, "returned an nn.Sequential without children; its children are the stages, at least one")


@torch.no_grad()
def _try(module: nn.Module, blank: Tensor, spec: BackboneSpec) -> Tensor:
    was_training = module.training
    module.eval()
    try:
        features = module(blank)
    except Exception as error:
        reason = f"{type(error).__name__}: {error}"
        raise _wrong(spec, f"fails on an input of shape {tuple(blank.shape)}: {reason}") from error
    finally:
        module.train(was_training)
    if not isinstance(features, Tensor):
        raise _wrong(spec, f"gives a {type(features).__name__} for an input; features, a tensor (N, width), are needed")
    return features


def _check(features: Tensor, spec: BackboneSpec, width: int | None = None) -> None:
    shape = tuple(features.shape)
    if len(shape) != 2 or shape[0] != 1 or width not in (None, shape[1]):
        wanted = f"(1, {width})" if width is not None else "(1, width) or (1, channels, height, width)"
        raise _wrong(spec, f"gives features of shape {shape} for one input, not {wanted}")


def _wrong(spec: BackboneSpec, message: str) -> InputError:
    return InputError(Problem(message=f"{spec.source} {message}", location=("source",)))
