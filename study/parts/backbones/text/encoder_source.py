"""Backbones from models of `transformers`."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch
from torch import Tensor

from study.parts.backbones.backbone import Backbone
from study.parts.backbones.chance import fixed_chance
from study.parts.backbones.checks import gather
from study.parts.backbones.source import BackboneSource
from study.parts.backbones.state_fit import check_fit, load_fitting
from study.parts.backbones.text.hub import fetched_folder
from study.parts.backbones.text.model_folder import ModelFolder
from study.parts.backbones.text.stages import Embeddings
from study.parts.backbones.weights_choice import NONE, choose_weights
from study.parts.backbones.weights_file import read_weights
from study.parts.tokenization import Tokenization
from study.values.problems import InputError, Problem, unknown_name
from study.values.spec import BackboneSpec

PREFIX = "transformers:"
MAX_LENGTH = "max_length"
"""The one option: tokens of a text that are read."""
DEFAULT_LENGTH = 256
"""Where the spec does not say; shorter where the model has fewer positions."""
_LEGACY = {".gamma": ".weight", ".beta": ".bias"}
"""Names of normalisation in files of the first years."""


class EncoderSource(BackboneSource):
    """Builds text encoders: embeddings and encoder layers are the stages, pooling is in the last.

    The features are two poolings side by side: the first token (`cls`) and the mean over all tokens (`mean`).
    """

    weights: tuple[str, ...] = ()
    """Names of published weights, beside `default` and `none`."""

    @abstractmethod
    def folder(self, spec: BackboneSpec, root: Path) -> ModelFolder:
        """Return where the model that a spec names is.

        Raises:
            InputError: If it is not to be had.
        """

    def check_available(self, spec: BackboneSpec) -> None:
        """Refuse where packages are missing.

        Raises:
            InputError: With their names.
        """
        if find_spec("transformers") is None:
            raise _wrong(f"{spec.source} needs package transformers: pip install 'pretrained-study[text]'", "source")

    def problems(self, spec: BackboneSpec, *, root: Path) -> list[Problem]:
        """Return what is wrong with a spec; weights are read and compared."""
        found = gather(lambda: self.check_available(spec), lambda: _check_keys(spec))
        return found or gather(lambda: self._check_tokenizer(self.build(spec, root=root)))

    def build(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return the backbone; random weights are drawn from torch's global generator.

        Raises:
            InputError: If it cannot be built.
        """
        self.check_available(spec)
        _check_keys(spec)
        weights = choose_weights(spec, self.weights, root=root)
        folder = self.folder(spec, root)
        with fixed_chance() if spec.is_pretrained else nullcontext():
            model = _model(folder)
        if weights != NONE:
            given = read_weights(weights) if isinstance(weights, Path) else folder.weights()
            state = encoder_state(given, model)
            check_fit(model, state, weights=spec.weights, of=spec.source)
            load_fitting(model, state)
        return _backbone(folder, model, spec)

    def build_architecture(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return the backbone on the meta device; weights are not looked for.

        Raises:
            InputError: If it cannot be built.
        """
        self.check_available(spec)
        _check_keys(spec)
        folder = self.folder(spec, root)
        with torch.device("meta"):
            model = _model(folder)
        return _backbone(folder, model, spec)

    def _check_tokenizer(self, backbone: Backbone) -> None:
        preparation, embeddings = backbone.preprocessing, cast(Embeddings, backbone.stages[0]).embeddings
        assert isinstance(preparation, Tokenization), "made here"
        known, has = preparation.num_tokens(), cast(Any, embeddings).word_embeddings.num_embeddings
        if known > has:
            message = f"the tokenizer knows {known} tokens, but the model has embeddings for {has}"
            raise _wrong(f"{preparation.folder}: {message}", "source")


class TransformersSource(EncoderSource):
    """The model in a folder, or of a name on the Hugging Face hub."""

    def folder(self, spec: BackboneSpec, root: Path) -> ModelFolder:
        """Return the folder that a spec names, relative to `root`; another name's is fetched from the hub.

        Raises:
            InputError: If there is no such folder and the hub has none or cannot be reached.
        """
        name = spec.source.removeprefix(PREFIX)
        if not name:
            raise _wrong(f"{spec.source!r} does not say which; write {PREFIX}PATH_OR_NAME", "source")
        path = root / name
        return ModelFolder(path if path.is_dir() else fetched_folder(name, looked_at=path))


def encoder_state(state: Mapping[str, Tensor], model: Any) -> dict[str, Tensor]:
    """Return what of a file's entries is of the encoder, by today's names: heads of pretraining are left out."""
    prefix = f"{model.base_model_prefix}."
    if any(name.startswith(prefix) for name in state):
        state = {name.removeprefix(prefix): value for name, value in state.items() if name.startswith(prefix)}
    expected = model.state_dict().keys()
    return {name: value for name, value in ((_modern(name), v) for name, v in state.items()) if name in expected}


def _modern(name: str) -> str:
    for old, new in _LEGACY.items():
        name = name.removesuffix(old) + new if name.endswith(old) else name
    return name


def _model(folder: ModelFolder) -> Any:
    import transformers

    config, architecture = folder.config(), folder.architecture()
    config._attn_implementation = architecture.attention
    try:
        return getattr(transformers, architecture.model)(config, **architecture.settings)
    except (ValueError, TypeError, RuntimeError, AssertionError) as error:
        raise _wrong(f"{folder.path}: its config makes no model: {error}", "source") from error


def _backbone(folder: ModelFolder, model: Any, spec: BackboneSpec) -> Backbone:
    width = model.config.hidden_size
    stages = folder.architecture().cut(model)
    return Backbone(
        list(stages.values()),
        feature_width=2 * width,
        preprocessing=Tokenization.of(folder.path, _max_length(spec, model.config)),
        stage_names=list(stages),
        poolings={"cls": slice(0, width), "mean": slice(width, 2 * width), "both": slice(0, 2 * width)},
    )


def _max_length(spec: BackboneSpec, config: Any) -> int:
    """Return how many tokens are read.

    Raises:
        InputError: If the spec wants more than the model has positions for.
    """
    most = config.max_position_embeddings
    if config.model_type in ("roberta", "xlm-roberta"):
        most -= config.pad_token_id + 1  # positions are counted from behind the padding token's id
    wanted: int = spec.options.get(MAX_LENGTH, min(DEFAULT_LENGTH, most))
    if wanted > most:
        raise _wrong(
            f"{MAX_LENGTH} = {wanted}, but {spec.source} has positions for {most} tokens", "options", MAX_LENGTH
        )
    return wanted


def _check_keys(spec: BackboneSpec) -> None:
    found = [
        Problem(message=unknown_name(name, [MAX_LENGTH], what=f"option of {spec.source}"), location=("options", name))
        for name in spec.options
        if name != MAX_LENGTH
    ]
    length = spec.options.get(MAX_LENGTH, DEFAULT_LENGTH)
    if not isinstance(length, int) or isinstance(length, bool) or length < 8:
        message = f"{MAX_LENGTH} = {length!r}; a whole number of tokens, at least 8"
        found.append(Problem(message=message, location=("options", MAX_LENGTH)))
    if spec.image_size is not None:
        message = f"{spec.source} takes texts, which have no image_size; leave it out"
        found.append(Problem(message=message, location=("image_size",)))
    if found:
        raise InputError(found)


def _wrong(message: str, *location: str) -> InputError:
    return InputError(Problem(message=message, location=location))
