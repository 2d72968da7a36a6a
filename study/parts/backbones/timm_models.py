"""Models of timm, cut by their own stage information."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from study.parts.backbones.architecture import Architecture
from study.parts.backbones.chance import fixed_chance
from study.parts.backbones.checks import gather
from study.parts.backbones.cut import Cut
from study.parts.backbones.timm_library import classifier_prefix, create, known_cut, preprocessing_of
from study.parts.backbones.weights_file import read_weights
from study.parts.preprocessing import Preprocessing
from study.values.problems import InputError, Problem, unknown_name
from study.values.spec import BackboneSpec

PREFIX = "timm:"
_HUB_FILE = "model.safetensors"


class TimmArchitecture(Architecture):
    """One of timm's models; its classifier is left out."""

    family = "timm"

    def __init__(self, source: str) -> None:
        """Name a model, as `timm:NAME`; nothing is looked for yet."""
        self.source = source
        self.name = source.removeprefix(PREFIX)
        self.note = "ImageNet-1k, most of them; terms with each; downloaded unless given as a file"

    @property
    def weights(self) -> tuple[str, ...]:  # type: ignore[override]
        """Tags of the pretrained weights that timm knows."""
        self.check_available()
        import timm

        return tuple(name.partition(".")[2] for name in timm.list_pretrained(f"{self.name}.*"))

    @property
    def default_weights(self) -> str:  # type: ignore[override]
        """The tag that timm takes where none is given."""
        self.check_available()
        from timm.models import get_pretrained_cfg

        config: Any = get_pretrained_cfg(self.name)
        return str(config.tag)

    def problems(self, spec: BackboneSpec, *, root: Path) -> list[Problem]:
        """Return what is wrong with a spec; a weights file is read and compared, and the model is cut."""
        return (
            gather(self.check_available)
            or super().problems(spec, root=root)
            or gather(lambda: self.build_architecture(spec, root=root))
        )

    def check_available(self) -> None:
        """Refuse where timm is missing or has no model of that name.

        Raises:
            InputError: With the package's name, or the nearest model's.
        """
        if find_spec("timm") is None:
            raise _wrong(f"{self.source} needs package timm: pip install 'pretrained-study[timm]'")
        import timm

        if not timm.is_model(self.name):
            raise _wrong(unknown_name(self.name, timm.list_models(), what="model of timm"))

    def model(self, image_size: int) -> nn.Module:
        """Return the model without its classifier, for images of that size."""
        created: nn.Module = create(self.name, image_size)
        return created

    def meta_model(self, image_size: int) -> nn.Module:
        """Return the same on the CPU: what is in no file of weights, such as tables of positions, has to be there."""
        with fixed_chance():
            return self.model(image_size)

    def check_image_size(self, image_size: int, weights: str | Path) -> None:
        """Refuse a size that the model cannot take.

        Raises:
            InputError: With timm's own reason.
        """
        try:
            with torch.no_grad():
                self.meta_model(image_size).eval()(torch.zeros(1, 3, image_size, image_size))
        except (RuntimeError, AssertionError, ValueError) as error:
            own = self.preprocessing(self.default_weights).image_size
            message = f"{self.source} cannot take images of {image_size} pixels (its own are {own}): {error}"
            raise InputError(Problem(message=message, location=("image_size",))) from error

    def cut(self, model: Any) -> Cut:
        """Divide a model into stages.

        Raises:
            InputError: If its modules are no row that gives what its own forward pass gives.
        """
        found = known_cut(self.name)
        if found is None:
            raise _wrong(f"{self.source} cannot be cut into stages: its modules are no plain row with `feature_info`")
        width = getattr(model, "head_hidden_size", None) or model.num_features
        return Cut(stages=found.stages(model), feature_width=width, classifier=classifier_prefix(model))

    def published(self, weights: str) -> Mapping[str, Tensor]:
        """Return pretrained weights from the Hugging Face hub's folder, fetching them where they are not there yet.

        Raises:
            InputError: If they cannot be had.
        """
        from huggingface_hub import hf_hub_download

        name = f"timm/{self.name}.{weights}"
        try:
            path = hf_hub_download(name, _HUB_FILE)
        except Exception as error:  # of the library's many kinds, and those of the network
            reason = str(error).partition("\n")[0]
            message = (
                f"cannot get weights {weights} of {self.source} from the Hugging Face hub ({name}: "
                f"{type(error).__name__}: {reason}); without internet access, bring {_HUB_FILE} and give its path as "
                "weights"
            )
            raise InputError(Problem(message=message, location=("weights",))) from error
        return read_weights(Path(path))

    def preprocessing(self, weights: str) -> Preprocessing:
        """Return what timm says of the weights; images are resized, not cropped, to the size."""
        return preprocessing_of(self.name, weights)


def _wrong(message: str) -> InputError:
    return InputError(Problem(message=message, location=("source",)))
