"""A published architecture: a whole model, how it is cut, and weights that can be had for it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import nullcontext
from pathlib import Path

import torch
from torch import Tensor, nn

from study.parts.backbones.backbone import Backbone
from study.parts.backbones.chance import fixed_chance
from study.parts.backbones.checks import gather, refuse_options
from study.parts.backbones.cut import Cut
from study.parts.backbones.source import PublishedSource
from study.parts.backbones.state_fit import check_fit, load_fitting
from study.parts.backbones.weights_choice import DEFAULT, NONE, choose_weights
from study.parts.backbones.weights_file import read_weights
from study.parts.preprocessing import Preprocessing
from study.values.problems import InputError, Problem
from study.values.spec import BackboneSpec


class Architecture(PublishedSource):
    """Built whole, filled with weights, then cut; so that published weights fit by their own names.

    The preprocessing of the default weights is also that of random ones.
    """

    @abstractmethod
    def model(self, image_size: int) -> nn.Module:
        """Return the whole model with random weights, drawn from torch's global generator."""

    def meta_model(self, image_size: int) -> nn.Module:
        """Return the whole model on the meta device: shapes without weights, in no time."""
        with torch.device("meta"):
            return self.model(image_size)

    @abstractmethod
    def cut(self, model: nn.Module) -> Cut:
        """Divide a model into stages, which share its parameters."""

    @abstractmethod
    def published(self, weights: str) -> Mapping[str, Tensor]:
        """Return the state dict of published weights.

        Raises:
            InputError: If it cannot be had.
        """

    @abstractmethod
    def preprocessing(self, weights: str) -> Preprocessing:
        """Return what published weights expect of their input."""

    def own_image_size(self) -> int:
        """Return the height and width in pixels that the default weights expect."""
        return self.preprocessing(self.default_weights).image_size

    def check_available(self) -> None:
        """Refuse where packages are missing.

        Raises:
            InputError: With the packages' names.
        """

    def check_image_size(self, image_size: int, weights: str | Path) -> None:
        """Refuse a size, other than the weights' own, that the model cannot take.

        Raises:
            InputError: With what is allowed.
        """
        backbone = self._on_meta(self.preprocessing(self.default_weights), image_size).eval()
        try:
            backbone(torch.empty(1, 3, image_size, image_size, device="meta"))
        except RuntimeError as error:
            own = self.preprocessing(self.default_weights).image_size
            message = f"{self.source} cannot take images of {image_size} pixels (its own are {own}): {error}"
            raise InputError(Problem(message=message, location=("image_size",))) from error

    def modern_names(self, state: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Return published weights with the names that today's model has; some files are older than the code."""
        return state

    def problems(self, spec: BackboneSpec, *, root: Path) -> list[Problem]:
        """Return what is wrong with a spec; a weights file is read and compared."""
        found = gather(
            self.check_available,
            lambda: refuse_options(spec),
            lambda: self._weights(spec, root),
        )
        return found or gather(lambda: self._fitting(spec, root))

    def build(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return the backbone; random weights are drawn from torch's global generator.

        Raises:
            InputError: If it cannot be built.
        """
        self.check_available()
        refuse_options(spec)
        state = self._fitting(spec, root)
        weights = self._weights(spec, root)
        if isinstance(weights, str) and weights != NONE:
            state = self.published(weights)
        preprocessing = self._preprocessing(spec)
        with fixed_chance() if spec.is_pretrained else nullcontext():
            model = self.model(preprocessing.image_size)
        cut = self.cut(model)
        if state is not None:
            load_fitting(model, self.modern_names(state), classifier=cut.classifier)
        return _backbone(cut, preprocessing)

    def build_architecture(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return the backbone on the meta device; a weights file is not looked for.

        Raises:
            InputError: If it cannot be built.
        """
        self.check_available()
        preprocessing = self._preprocessing(spec)
        return self._on_meta(preprocessing, preprocessing.image_size)

    def _weights(self, spec: BackboneSpec, root: Path) -> str | Path:
        chosen = choose_weights(spec, self.weights, root=root)
        return self.default_weights if chosen == DEFAULT else chosen

    def _preprocessing(self, spec: BackboneSpec) -> Preprocessing:
        preprocessing = self.preprocessing(spec.weights if spec.weights in self.weights else self.default_weights)
        return preprocessing.model_copy(update={"image_size": spec.image_size or preprocessing.image_size})

    def _fitting(self, spec: BackboneSpec, root: Path) -> Mapping[str, Tensor] | None:
        """Return the content of the spec's weights file, if it names one, compared with the model; check the size."""
        weights = self._weights(spec, root)
        if spec.image_size is not None:
            self.check_image_size(spec.image_size, weights)
        if isinstance(weights, str):
            return None
        state = read_weights(weights)
        model = self.meta_model(self._preprocessing(spec).image_size)
        cut = self.cut(model)
        check_fit(model, self.modern_names(state), classifier=cut.classifier, weights=spec.weights, of=spec.source)
        return state

    def _on_meta(self, preprocessing: Preprocessing, image_size: int) -> Backbone:
        return _backbone(self.cut(self.meta_model(image_size)), preprocessing)


def _backbone(cut: Cut, preprocessing: Preprocessing) -> Backbone:
    return Backbone(
        list(cut.stages.values()),
        feature_width=cut.feature_width,
        preprocessing=preprocessing,
        stage_names=list(cut.stages),
    )
