"""An exported model: a folder that holds all that is needed to predict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from safetensors.torch import load_file
from torch import Tensor, nn

from study.learning.model import AdaptedModel
from study.orchestration.exported_inputs import (
    PREPROCESSING,
    ImageLike,
    RowsLike,
    TextLike,
    prepared,
    read_preparation,
    several,
)
from study.orchestration.exported_task import ExportedTask, Prediction
from study.parts.backbones import build_architecture, build_given, is_own
from study.parts.backbones.adapters import restore_adapters
from study.parts.backbones.keras_models import PREFIX as KERAS
from study.parts.backbones.keras_models.model_file import ARCHITECTURE
from study.parts.backbones.text.encoder_source import PREFIX as TRANSFORMERS
from study.parts.heads import build_head
from study.parts.preparation import Preparation
from study.parts.preprocessing import Preprocessing
from study.parts.tokenization import Tokenization
from study.values.frozen import Frozen
from study.values.problems import InputError, unknown_name
from study.values.spec import BackboneSpec

CONFIG = "config.json"
WEIGHTS = "model.safetensors"
MAX_HEAD_DEPTH = 8
"""As hyperparameters have it."""
MAX_HEAD_WIDTH = 2**24
"""A hidden layer of more units is no model that was trained."""


class ExportConfig(Frozen):
    """What an exported model is, and where it is from."""

    format: int = 1
    backbone: BackboneSpec
    root: str
    """Folder of the spec of the study that it is from."""
    head_depth: int = Field(ge=0, le=MAX_HEAD_DEPTH)
    head_width: int = Field(ge=1, le=MAX_HEAD_WIDTH)
    pooling: str | None = None
    """Which of the backbone's poolings the heads read."""
    tasks: tuple[ExportedTask, ...]
    study: str
    arm: str
    trial: int
    seed_number: int
    """Which of the assessment's seeds these weights are of."""
    validation: dict[str, float]
    test: dict[str, float]
    costs: dict[str, float] = Field(default_factory=dict)
    """What it costs, by the name of a `Cost` or of a spread; empty in models of earlier versions."""
    licences: dict[str, str]
    """Terms of the data it was trained on, by task, where they are known."""


class ExportedModel(nn.Module):
    """A trained model, ready to predict."""

    def __init__(self, config: ExportConfig, preprocessing: Preparation, model: AdaptedModel) -> None:
        super().__init__()
        self.config = config
        self.preprocessing = preprocessing
        self.model = model
        self.eval()

    def forward(self, inputs: Tensor) -> dict[str, Tensor]:
        """Return the logits (N, classes) of each task, by name.

        Args:
            inputs: Normalised images (N, 3, H, W), or tokens (N, 3, L), or rows (N, D).
        """
        logits = self.model(inputs)
        return {task.name: logits[position] for position, task in enumerate(self.config.tasks)}

    @torch.inference_mode()
    def predict(
        self, inputs: ImageLike | TextLike | RowsLike | Sequence[ImageLike | TextLike], *, batch_size: int = 64
    ) -> dict[str, Prediction]:
        """Predict every task for raw images, texts or rows of numbers; what they need before the backbone is done here.

        Args:
            inputs: One or several. An image is a path, a PIL image, or uint8 of shape (H, W), (H, W, 3) or, as a
                tensor, (3, H, W). A text is a str; a pair of texts is a tuple of two. Rows are an array, a
                tensor or lists of shape (N, D), or (D,) for one, not standardised.
            batch_size: Inputs at once.

        Raises:
            InputError: If there is none, or one cannot be read or is not whole.
        """
        given = several(inputs, self.preprocessing)
        device = next(self.parameters()).device
        outputs: dict[str, list[Tensor]] = {task.name: [] for task in self.config.tasks}
        for start in range(0, len(given), batch_size):
            batch = prepared(given[start : start + batch_size], self.preprocessing, device)
            for name, of_batch in self(batch).items():
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
        preprocessing = read_preparation(path)
        weights = load_file(path / WEIGHTS)
    except Exception as error:  # of three readers, each with kinds of its own
        raise InputError(f"{path} holds a damaged model: {error}") from error
    if is_own(config.backbone) and backbone is None:
        raise InputError(
            f"{path}: its backbone is made by a function, {config.backbone.source}, which is not run because a file "
            "says so; import it yourself and give it: load_model(folder, backbone=function)"
        )
    model = _build(config, preprocessing, path, backbone)
    restore_adapters(model.backbone, _of_backbone(weights))
    try:
        model.load_state_dict(weights, assign=True)  # the outline that was built has no memory of its own
    except (RuntimeError, ValueError, TypeError) as error:
        raise InputError(f"{path / WEIGHTS} does not fit {path / CONFIG}: {error}") from error
    return ExportedModel(config, preprocessing, model)


def _build(
    config: ExportConfig, preprocessing: Preparation, folder: Path, function: Callable[..., Any] | None
) -> AdaptedModel:
    spec = _exported_spec(config, preprocessing, folder)
    if is_own(spec):
        assert function is not None, "asked for before"
        backbone = build_given(spec, function)
    else:
        backbone = build_architecture(spec, root=Path(config.root))
    if config.pooling is not None and config.pooling not in backbone.poolings:
        raise InputError(unknown_name(config.pooling, backbone.poolings, what=f"pooling of {config.backbone.source}"))
    heads = [
        build_head(
            feature_width=backbone.width_of(config.pooling),
            output_width=task.output_width,
            depth=config.head_depth,
            width=config.head_width,
            dropout=0.0,
        )
        for task in config.tasks
    ]
    return AdaptedModel(backbone, heads, freezing_depth=0, pooling=config.pooling)


def _of_backbone(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    prefix = "backbone."
    return {name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)}


def _exported_spec(config: ExportConfig, preprocessing: Preparation, folder: Path) -> BackboneSpec:
    """Return the backbone's spec as it is to be built from the folder, where a text encoder's or Keras's config is."""
    if config.backbone.source.startswith(KERAS):
        size = preprocessing.image_size if isinstance(preprocessing, Preprocessing) else None
        source = f"{KERAS}{(folder / ARCHITECTURE).resolve()}"
        return config.backbone.model_copy(update={"source": source, "options": {}, "image_size": size})
    if config.backbone.source.startswith(TRANSFORMERS) and not isinstance(preprocessing, Tokenization):
        raise InputError(f"{config.backbone.source} takes texts, but {PREPROCESSING} is of {preprocessing.kind.value}")
    match preprocessing:
        case Preprocessing():
            return config.backbone.model_copy(update={"image_size": preprocessing.image_size})
        case Tokenization() if not is_own(config.backbone):
            return config.backbone.model_copy(update={"source": f"{TRANSFORMERS}{preprocessing.folder}"})
        case _:
            return config.backbone
