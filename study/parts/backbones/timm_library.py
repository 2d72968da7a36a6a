"""What the system asks of the library timm."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from study.parts.backbones.chance import fixed_chance
from study.parts.backbones.timm_cut import TimmCut, find_cut
from study.parts.preprocessing import Preprocessing


def create(name: str, image_size: int | None = None) -> Any:
    """Return a model without classifier, with random weights, for images of a size; its own where not given."""
    import timm

    config: Any = timm.models.get_pretrained_cfg(name)
    fixed = config.fixed_input_size
    size: dict[str, Any] = {"img_size": image_size} if fixed and image_size is not None else {}
    return timm.create_model(name, pretrained=False, num_classes=0, **size)


@lru_cache(maxsize=256)
def known_cut(name: str) -> TimmCut | None:
    """Return how a model is cut, worked out once a process; None where it cannot be."""
    with fixed_chance():
        return find_cut(create(name))


def classifier_prefix(model: Any) -> str:
    """Return what the names of the classifier's entries in a file begin with."""
    named: Any = model.pretrained_cfg.get("classifier") or "head"
    # A distilled model has two, `head` and `head_dist`: entries of the second begin as the first's name does.
    return f"{named}." if isinstance(named, str) else str(min(named, key=len))


def preprocessing_of(name: str, weights: str) -> Preprocessing:
    """Return what weights of a model expect.

    Args:
        name: The model's.
        weights: Their tag; "" where the model has none.
    """
    from timm.models import get_pretrained_cfg

    config: Any = get_pretrained_cfg(f"{name}.{weights}" if weights else name)
    known: Any = config.interpolation if config.interpolation in ("bilinear", "bicubic", "nearest") else "bicubic"
    return Preprocessing(
        image_size=config.input_size[1], mean=tuple(config.mean), std=tuple(config.std), interpolation=known
    )
