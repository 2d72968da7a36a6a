"""Where a model of timm is cut: by its own stage information, and only as its own forward pass confirms."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from study.parts.backbones.chance import fixed_chance

_MOST_STAGES = 14
_TOLERANCE = 1e-4
_SCALES = (0.25, 0.75)


class Front(nn.Module):
    """What a vision transformer does before its blocks: patches, class token and positions."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        left_out = {"blocks": nn.Sequential(), "norm": nn.Identity()}
        kept = {name: left_out.get(name, module) for name, module in model.named_children()}
        for name in _head_names(model, after="norm"):
            kept.pop(name, None)
        self.model = _part(model, kept, own=True)

    def forward(self, images: Tensor) -> Tensor:
        """Return tokens."""
        return self.model.forward_features(images)  # type: ignore[no-any-return]


class Head(nn.Module):
    """What a model does between its last maps or tokens and its classifier, which is left out."""

    def __init__(self, model: Any, names: Sequence[str]) -> None:
        super().__init__()
        self.model = _part(model, {name: getattr(model, name) for name in names}, own=False)

    def forward(self, features: Tensor) -> Tensor:
        """Return features (N, width)."""
        return self.model.forward_head(features)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class TimmCut:
    """How a model is divided."""

    num_children: int
    """Of the model's children, the first so many make the stages; the others belong to the head."""
    has_front: bool
    """Whether the model does more before its blocks than its children in a row would."""

    def stages(self, model: Any) -> dict[str, nn.Module]:
        """Return the stages of a model without classifier, by name; they share its parameters."""
        places = _places(model)
        children = [name for name, _ in model.named_children()]
        modules = _row(model, children[: self.num_children], places, has_front=self.has_front)
        return _grouped(modules, places, Head(model, children[self.num_children :]))


def find_cut(model: Any) -> TimmCut | None:
    """Return how a model is divided into a row of modules; None where it is no such row.

    The modules are the model's children in their order, those with stages inside taken apart, from the first up to
    where they give what the model's own forward pass gives. A stage ends where the model's `feature_info` says that one
    does; in a vision transformer that is after every block.

    Args:
        model: Of timm, with `num_classes=0`, on the CPU, of no further use: its parameters are changed, so that none
            is as small as layers that are to begin with no effect have it.
    """
    places = _places(model)
    children = [name for name, _ in model.named_children()]
    if not places or any(place.partition(".")[0] not in children for place in places):
        return None
    with torch.no_grad(), fixed_chance():
        for parameter in model.parameters():
            if parameter.ndim == 1:
                parameter.uniform_(*_SCALES)
    last = children.index(places[-1].partition(".")[0])
    for stop in range(last + 1, len(children) + 1):
        for cut in (TimmCut(stop, False), TimmCut(stop, True)):
            stages = cut.stages(model)
            if len(stages) > 1 and _agree(stages, model):
                return cut
    return None


def _places(model: Any) -> list[str]:
    """Return the names of the modules that end a stage."""
    return [entry["module"] for entry in getattr(model, "feature_info", None) or []]


def _row(model: Any, names: Sequence[str], places: Sequence[str], *, has_front: bool) -> dict[str, nn.Module]:
    """Return modules by their full names, those that hold several stages taken apart."""
    holders = {place.partition(".")[0] for place in places if "." in place}
    found: dict[str, nn.Module] = {}
    if has_front:
        found["front"] = Front(model)
        names = names[list(names).index("blocks") :] if "blocks" in names else names
    for name in names:
        module = getattr(model, name)
        if name in holders and isinstance(module, nn.Sequential | nn.ModuleList):
            found.update({f"{name}.{inner}": part for inner, part in module.named_children()})
        else:
            found[name] = module
    return found


def _grouped(modules: dict[str, nn.Module], places: Sequence[str], head: nn.Module) -> dict[str, nn.Module]:
    """Return modules in stages that end at `places`, evenly joined where there are more than 14."""
    ends = {place for place in places if place in modules} | ({"front"} & modules.keys())
    groups: list[list[nn.Module]] = [[]]
    for name, module in modules.items():
        groups[-1].append(module)
        if name in ends:
            groups.append([])
    if len(groups) > 1:
        groups[-2:] = [[*groups[-2], *groups[-1]]]
    size = math.ceil(len(groups) / _MOST_STAGES)
    joined = [[m for group in groups[start : start + size] for m in group] for start in range(0, len(groups), size)]
    joined[-1].append(head)
    return {f"stage{number}": nn.Sequential(*group) for number, group in enumerate(joined)}


@torch.no_grad()
def _agree(stages: dict[str, nn.Module], model: Any) -> bool:
    """Whether stages give what the model gives, for one random image in eval mode."""
    with fixed_chance():
        image = torch.randn(1, *model.pretrained_cfg["input_size"][:1], *_size(model))
    was_training = model.training
    model.eval()
    try:
        expected = model(image)
        found = image
        for stage in stages.values():
            found = stage.eval()(found)
    except Exception:  # modules that are no row fail in many ways
        return False
    finally:
        model.train(was_training)
    return found.shape == expected.shape and torch.allclose(found, expected, atol=_TOLERANCE, rtol=_TOLERANCE)


def _size(model: Any) -> tuple[int, int]:
    embedding = getattr(model, "patch_embed", None)
    size = getattr(embedding, "img_size", None) or model.pretrained_cfg["input_size"][1:]
    return size[0], size[1]


def _part(model: Any, modules: dict[str, nn.Module], *, own: bool) -> Any:
    """Return a model of the same class that has some modules only, and parameters of its own or none."""
    part = copy.copy(model)
    part.__dict__ = {**model.__dict__}
    part._modules = dict(modules)
    part._parameters = dict(model._parameters) if own else {}
    part._buffers = dict(model._buffers) if own else {}
    return part


def _head_names(model: Any, *, after: str) -> Iterator[str]:
    names = [name for name, _ in model.named_children()]
    yield from names[names.index(after) + 1 :] if after in names else ()
