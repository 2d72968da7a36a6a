"""Where a backbone comes from."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from study.parts.backbones.backbone import Backbone
from study.values.problems import Problem
from study.values.spec import BackboneSpec


class BackboneSource(ABC):
    """Builds backbones as specs ask for them."""

    @abstractmethod
    def problems(self, spec: BackboneSpec, *, root: Path) -> list[Problem]:
        """Return what is wrong with a spec, as far as it shows without downloading or training anything.

        Args:
            spec: Names this source.
            root: Folder that relative paths are looked for in.
        """

    @abstractmethod
    def build(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return the backbone that a spec asks for.

        Raises:
            InputError: If it cannot be built (names the fault's place within the spec).
        """

    @abstractmethod
    def build_architecture(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return the same architecture, quickly, with whatever weights; on the meta device where that is possible.

        Raises:
            InputError: If it cannot be built.
        """


class PublishedSource(BackboneSource):
    """A source that is known by a name."""

    source: str
    """What a spec calls it."""
    family: str
    weights: tuple[str, ...]
    """Names of published weights, oldest first."""
    default_weights: str
    """Which of them `default` stands for."""
    note: str
    """Terms and origin of the weights, for listings."""

    def own_image_size(self) -> int | None:
        """Return the height and width in pixels that the default weights expect; None where they take no images."""
        return None
