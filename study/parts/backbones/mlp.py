"""A multi-layer perceptron for rows of numbers, a layer a stage."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import Field, ValidationError
from torch import Tensor, nn

from study.parts.backbones.backbone import Backbone
from study.parts.backbones.chance import fixed_chance
from study.parts.backbones.checks import gather
from study.parts.backbones.source import BackboneSource
from study.parts.backbones.state_fit import check_fit, load_fitting
from study.parts.backbones.weights_choice import DEFAULT, choose_weights
from study.parts.backbones.weights_file import read_weights
from study.parts.columns import Columns
from study.values.frozen import Frozen
from study.values.problems import InputError, Problem
from study.values.spec import BackboneSpec
from study.values.spec.wording import problems_of

SOURCE = "mlp"
NOTE = "rows of numbers; options: inputs, widths ([100, 50]), activation (relu, gelu or tanh); weights: none or a file"

_ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "gelu": nn.GELU, "tanh": nn.Tanh}


class MlpOptions(Frozen):
    """Options of a spec's backbone `mlp`."""

    inputs: int = Field(ge=1)
    """D: numbers a row."""
    widths: tuple[int, ...] = Field(min_length=1)
    """Units of each layer, input first; the last one is the width of the features."""
    activation: Literal["relu", "gelu", "tanh"] = "relu"
    """Behind each layer."""


class Standardize(nn.Module):
    """Takes a column's mean away and divides by its standard deviation, both learnt from the rows trained on.

    Batch normalisation without parameters of its own (Ioffe and Szegedy, 2015, algorithm 1): in training by a batch's
    mean and variance, in eval mode by their averages over all training batches so far. No other row has a part in
    them, and as buffers they are in checkpoints, exported models and the digests of cached features.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.statistics = nn.BatchNorm1d(width, affine=False, momentum=None)

    def forward(self, rows: Tensor) -> Tensor:
        """Return rows (N, D) standardised."""
        standardized: Tensor = self.statistics(rows)
        return standardized


class Mlp(BackboneSource):
    """`mlp`: standardisation, then layers of a weight matrix and an activation; random weights or those of a file.

    A file's entries are called `standardize.statistics.running_mean`, `.running_var`, `layer1.weight`, `layer1.bias`,
    `layer2.weight` and so on.
    """

    def problems(self, spec: BackboneSpec, *, root: Path) -> list[Problem]:
        """Return what is wrong with a spec; a weights file is read and compared."""
        found = gather(lambda: _options(spec), lambda: _weights(spec, root), lambda: _refuse_image_size(spec))
        return found or gather(lambda: _fitting(spec, root))

    def build(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return the backbone; random weights are drawn from torch's global generator.

        Raises:
            InputError: If it cannot be built.
        """
        _refuse_image_size(spec)
        state = _fitting(spec, root)
        with nullcontext() if state is None else fixed_chance():
            model = _model(_options(spec))
        if state is not None:
            load_fitting(model, state)
        return _backbone(model, _options(spec))

    def build_architecture(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return the backbone on the meta device; a weights file is not looked for.

        Raises:
            InputError: If it cannot be built.
        """
        options = _options(spec)
        with torch.device("meta"):
            return _backbone(_model(options), options)


def _options(spec: BackboneSpec) -> MlpOptions:
    try:
        return MlpOptions.model_validate(spec.options)
    except ValidationError as error:
        raise InputError(
            [problem.under("options") for problem in problems_of(error, MlpOptions, spec.options)]
        ) from error


def _weights(spec: BackboneSpec, root: Path) -> str | Path:
    chosen = choose_weights(spec, (), root=root)
    if chosen == DEFAULT:
        message = f"{SOURCE} has no published weights; write `weights: none`, or the path of a file"
        raise InputError(Problem(message=message, location=("weights",)))
    return chosen


def _refuse_image_size(spec: BackboneSpec) -> None:
    if spec.image_size is not None:
        message = f"{SOURCE} takes rows of numbers, which have no image_size; leave it out"
        raise InputError(Problem(message=message, location=("image_size",)))


def _fitting(spec: BackboneSpec, root: Path) -> dict[str, Tensor] | None:
    """Return the content of the spec's weights file, if it names one, compared with the model."""
    weights = _weights(spec, root)
    if isinstance(weights, str):
        return None
    state = read_weights(weights)
    with torch.device("meta"):
        check_fit(_model(_options(spec)), state, weights=spec.weights, of=spec.source)
    return state


def _model(options: MlpOptions) -> nn.Sequential:
    model = nn.Sequential()
    model.add_module("standardize", Standardize(options.inputs))
    widths = (options.inputs, *options.widths)
    for number in range(1, len(widths)):
        model.add_module(f"layer{number}", nn.Linear(widths[number - 1], widths[number]))
    return model


def _backbone(model: nn.Sequential, options: MlpOptions) -> Backbone:
    parts: dict[str, Any] = dict(model.named_children())
    names = [f"layer{number}" for number in range(1, len(options.widths) + 1)]
    activation = _ACTIVATIONS[options.activation]
    stages = [nn.Sequential(parts[name], activation()) for name in names]
    # Not a stage of its own: freezing the statistics alone would be no configuration worth a trial.
    stages[0].insert(0, parts["standardize"])
    return Backbone(
        stages, feature_width=options.widths[-1], preprocessing=Columns(width=options.inputs), stage_names=names
    )
