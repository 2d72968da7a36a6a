"""Torchvision's classification models: building, weights and preprocessing, alike for all families."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.client import HTTPException
from types import ModuleType
from typing import Any

from torch import Tensor, nn
from torchvision import models

from study.parts.backbones import registry
from study.parts.backbones.architecture import Architecture
from study.parts.backbones.cut import Cut
from study.parts.preprocessing import Preprocessing
from study.values.problems import InputError, Problem


class TorchvisionArchitecture(Architecture):
    """One of torchvision's models."""

    def __init__(self, name: str, *, family: str, cut: Callable[[Any], Cut]) -> None:
        """Name a model.

        Args:
            name: As torchvision calls it.
            family: As listings call it.
            cut: Divides a model of the family into stages.
        """
        self._enum = models.get_model_weights(name)
        self._cut = cut
        self.name = name
        self.source = f"torchvision:{name}"
        self.family = family
        self.weights = tuple(weights.name for weights in self._enum)
        self.default_weights = self._enum.DEFAULT.name
        self.note = "; ".join(["ImageNet-1k; downloaded unless given as a file", *self._terms()])

    def model(self, image_size: int) -> nn.Module:
        """Return the model; most take images of any size."""
        return models.get_model(self.name, weights=None)  # type: ignore[no-any-return]

    def cut(self, model: nn.Module) -> Cut:
        """Divide a model as its family says."""
        return self._cut(model)

    def published(self, weights: str) -> Mapping[str, Tensor]:
        """Return published weights from torch's hub folder, downloading them where they are not there yet.

        Raises:
            InputError: If they cannot be downloaded.
        """
        chosen = self._enum[weights]
        try:
            return chosen.get_state_dict(progress=False, check_hash=True, weights_only=True)  # type: ignore[no-any-return]
        except (OSError, HTTPException, RuntimeError) as error:  # RuntimeError: the download's hash is wrong
            message = (
                f"cannot get weights {weights} of {self.source} from {chosen.url} ({error}); "
                "without internet access, bring that file and give its path as weights"
            )
            raise InputError(Problem(message=message, location=("weights",))) from error

    def preprocessing(self, weights: str) -> Preprocessing:
        """Return what torchvision's own transforms of the weights say; images are resized, not cropped, to the size."""
        preset = self._enum[weights].transforms()
        return Preprocessing(
            image_size=preset.crop_size[0],
            mean=tuple(preset.mean),
            std=tuple(preset.std),
            interpolation=preset.interpolation.value,
        )

    def _terms(self) -> list[str]:
        """Say which weights have terms of their own."""
        terms: dict[str, list[str]] = {}
        for weights in self._enum:
            if "license" in weights.meta:
                terms.setdefault(weights.meta["license"], []).append(weights.name)
        return [f"{', '.join(names)}: {licence}" for licence, names in terms.items()]


CutFunction = Callable[[Any], Cut]


def torchvision_family(
    module: ModuleType, *, family: str, architecture: type[TorchvisionArchitecture] = TorchvisionArchitecture
) -> Callable[[CutFunction], CutFunction]:
    """Register every classification model that torchvision defines in a module, cut by the decorated function.

    Args:
        module: Of torchvision.models.
        family: Its name in listings.
        architecture: What its models need beside a cut.

    Raises:
        ValueError: If a name is registered already.
    """

    def decorate(cut: CutFunction) -> CutFunction:
        for name in models.list_models(module=models):
            if models.get_model_builder(name).__module__ == module.__name__:
                registry.add(architecture(name, family=family, cut=cut))
        return cut

    return decorate
