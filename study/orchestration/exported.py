"""An exported model: a folder that holds all that is needed to predict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from pydantic import Field
from safetensors.torch import load_file
from torch import Tensor, nn

from study.learning.image_store import resize
from study.learning.model import AdaptedModel
from study.orchestration.exported_rows import to_rows
from study.parts.backbones import build_architecture, build_given, is_own
from study.parts.columns import Columns
from study.parts.heads import build_head
from study.parts.objectives import Scale
from study.parts.preparation import Preparation
from study.parts.preprocessing import Preprocessing
from study.parts.tasks.pixels import to_pixels
from study.values.frozen import Frozen
from study.values.problems import InputError
from study.values.spec import BackboneSpec

CONFIG = "config.json"
PREPROCESSING = "preprocessing.json"
WEIGHTS = "model.safetensors"
MAX_HEAD_DEPTH = 8
"""As hyperparameters have it."""
MAX_HEAD_WIDTH = 2**24
"""A hidden layer of more units is no model that was trained."""


class ExportedTask(Frozen):
    """One thing that the model predicts."""

    name: str
    classes: tuple[str, ...]
    """None where it is a number."""
    mean: float | None = None
    """Of a number: what an output of 0 stands for."""
    std: float | None = None
    """Of a number: what an output grows by 1 for."""

    @property
    def output_width(self) -> int:
        """One logit a class, or 1 for a number."""
        return 1 if self.is_number else len(self.classes)

    @property
    def is_number(self) -> bool:
        """Whether it is predicted as a number."""
        return self.mean is not None and self.std is not None

    def prediction(self, outputs: Tensor) -> Prediction:
        """Return what outputs (N, output_width) say."""
        if self.mean is None or self.std is None:
            return Prediction(classes=self.classes, probabilities=outputs.softmax(dim=1).cpu())
        numbers = Scale(self.mean, self.std).original(outputs[:, 0].cpu())
        return Prediction(classes=(), probabilities=torch.empty(len(numbers), 0), numbers=numbers)


class ExportConfig(Frozen):
    """What an exported model is, and where it is from."""

    format: int = 1
    backbone: BackboneSpec
    root: str
    """Folder of the spec of the study that it is from."""
    head_depth: int = Field(ge=0, le=MAX_HEAD_DEPTH)
    head_width: int = Field(ge=1, le=MAX_HEAD_WIDTH)
    tasks: tuple[ExportedTask, ...]
    study: str
    arm: str
    trial: int
    seed_number: int
    """Which of the assessment's seeds these weights are of."""
    validation: dict[str, float]
    test: dict[str, float]
    licences: dict[str, str]
    """Terms of the data it was trained on, by task, where they are known."""


@dataclass(frozen=True, kw_only=True)
class Prediction:
    """What a model says of some images, for one task."""

    classes: tuple[str, ...]
    probabilities: Tensor
    """float32, shape (N, len(classes)); each row sums to 1."""
    numbers: Tensor | None = None
    """float64, shape (N,), in the target's unit, where a number is predicted; there are then no classes."""

    @property
    def labels(self) -> list[str]:
        """The most probable class of each image.

        Raises:
            InputError: If a number is predicted.
        """
        if self.numbers is not None:
            raise InputError("a number is predicted, which has no label; it is in `numbers`")
        return [self.classes[position] for position in self.probabilities.argmax(dim=1).tolist()]


ImageLike = Image.Image | Tensor | np.ndarray[Any, Any] | str | Path | Sequence[float]


class ExportedModel(nn.Module):
    """A trained model, ready to predict."""

    def __init__(self, config: ExportConfig, preprocessing: Preparation, model: AdaptedModel) -> None:
        super().__init__()
        self.config = config
        self.preprocessing = preprocessing
        self.model = model
        self.eval()

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return the logits (N, classes) of each task, by name, of normalised images (N, 3, H, W) or rows (N, D)."""
        logits = self.model(images)
        return {task.name: logits[position] for position, task in enumerate(self.config.tasks)}

    @torch.inference_mode()
    def predict(self, images: ImageLike | Sequence[ImageLike], *, batch_size: int = 64) -> dict[str, Prediction]:
        """Predict every task for raw images or rows of numbers; resizing and normalisation are done here.

        Args:
            images: One or several, each a path, a PIL image, or uint8 of shape (H, W), (H, W, 3) or, as a tensor,
                (3, H, W). For a model of rows of numbers one row, shape (D,), or several, shape (N, D): an array, a
                tensor or lists, not standardised.
            batch_size: Images at once.

        Raises:
            InputError: If there is no image, or one cannot be read; if a row has a number missing.
        """
        if isinstance(self.preprocessing, Columns):
            return self._predict(torch.split(to_rows(images, self.preprocessing), batch_size))
        several: Sequence[Any] = (
            [images] if isinstance(images, str | Path | Image.Image | Tensor | np.ndarray) else list(images)
        )
        if not several:
            raise InputError("no image to predict; give at least one")
        return self._predict(
            self._prepared(several[start : start + batch_size]) for start in range(0, len(several), batch_size)
        )

    def _prepared(self, images: Sequence[Any]) -> Tensor:
        assert isinstance(self.preprocessing, Preprocessing), "images, where they are no rows"
        pixels = [resize(_pixels(image), self.preprocessing) for image in images]
        return self.preprocessing.normalize(torch.stack(pixels).to(next(self.parameters()).device))

    def _predict(self, batches: Iterable[Tensor]) -> dict[str, Prediction]:
        device = next(self.parameters()).device
        outputs: dict[str, list[Tensor]] = {task.name: [] for task in self.config.tasks}
        for batch in batches:
            for name, of_batch in self(batch.to(device)).items():
                outputs[name].append(of_batch)
        return {task.name: task.prediction(torch.cat(outputs[task.name])) for task in self.config.tasks}


def load_model(folder: str | Path, *, backbone: Callable[..., Any] | None = None) -> ExportedModel:
    """Load a model that a study exported; no code is executed that the folder names.

    Args:
        folder: The model's.
        backbone: The function that returns its backbone, where that is one of your own.

    Raises:
        InputError: If the folder holds none, or its files do not fit each other, or it names a function for its
            backbone and none is given.
    """
    path = Path(folder)
    for name in (CONFIG, PREPROCESSING, WEIGHTS):
        if not (path / name).is_file():
            raise InputError(f"{path} holds no exported model: {name} is missing")
    try:
        config = ExportConfig.model_validate_json((path / CONFIG).read_text())
        preprocessing = _read_preparation((path / PREPROCESSING).read_text())
        weights = load_file(path / WEIGHTS)
    except Exception as error:  # of three readers, each with kinds of its own
        raise InputError(f"{path} holds a damaged model: {error}") from error
    if is_own(config.backbone) and backbone is None:
        raise InputError(
            f"{path}: its backbone is made by a function, {config.backbone.source}, which is not run because a file "
            "says so; import it yourself and give it: load_model(folder, backbone=function)"
        )
    model = _build(config, preprocessing, backbone)
    try:
        model.load_state_dict(weights, assign=True)  # the outline that was built has no memory of its own
    except (RuntimeError, ValueError, TypeError) as error:
        raise InputError(f"{path / WEIGHTS} does not fit {path / CONFIG}: {error}") from error
    return ExportedModel(config, preprocessing, model)


def _build(config: ExportConfig, preprocessing: Preparation, function: Callable[..., Any] | None) -> AdaptedModel:
    spec = config.backbone
    if isinstance(preprocessing, Preprocessing):
        spec = spec.model_copy(update={"image_size": preprocessing.image_size})
    if is_own(spec):
        assert function is not None, "asked for before"
        backbone = build_given(spec, function)
    else:
        backbone = build_architecture(spec, root=Path(config.root))
    heads = [
        build_head(
            feature_width=backbone.feature_width,
            output_width=task.output_width,
            depth=config.head_depth,
            width=config.head_width,
            dropout=0.0,
        )
        for task in config.tasks
    ]
    return AdaptedModel(backbone, heads, freezing_depth=0)


def _read_preparation(text: str) -> Preparation:
    return Columns.model_validate_json(text) if '"width"' in text else Preprocessing.model_validate_json(text)


def _pixels(image: ImageLike) -> Tensor:
    if isinstance(image, str | Path):
        image = _opened(Path(image))
    try:
        return to_pixels(image)
    except ValueError as error:
        raise InputError(f"cannot predict this image: {error}") from error


def _opened(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            loaded: Image.Image = image.copy()
            return loaded
    except OSError as error:
        raise InputError(f"cannot read image {path}: {error}") from error
