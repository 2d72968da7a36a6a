"""How training images are augmented."""

from __future__ import annotations

from pydantic import Field, field_validator

from study.values.frozen import Frozen
from study.values.hyperparameters import Augmentation


class AugmentationSpec(Frozen):
    """What is done at random to training images; metrics are measured on images as they are."""

    kinds: tuple[Augmentation, ...] = Field(default=(Augmentation.NONE,), min_length=1)
    """What spaces choose from: `none`, `flip`, `crop` (and flip), `crop_color`. More than one is searched."""
    cached_views: int | None = Field(default=None, ge=1)
    """Augmented views of each image whose features under the frozen stages are cached, so that these run once a view.
    That trains on other examples than augmenting anew every time, which is what is done where not given, and which
    runs the frozen stages every epoch."""

    @field_validator("kinds")
    @classmethod
    def _kinds_differ(cls, value: tuple[Augmentation, ...]) -> tuple[Augmentation, ...]:
        if len(set(value)) < len(value):
            raise ValueError("each kind at most once")
        return value
