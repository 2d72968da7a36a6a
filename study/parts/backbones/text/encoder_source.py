"""Backbones from models of `transformers`."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch

from study.parts.backbones.backbone import Backbone
from study.parts.backbones.chance import fixed_chance
from study.parts.backbones.checks import gather
from study.parts.backbones.source import BackboneSource
from study.parts.backbones.state_fit import check_fit, load_fitting
from study.parts.backbones.text.encoder import as_backbone, blank_model, encoder_state
from study.parts.backbones.text.encoder_keys import check_keys, max_length
from study.parts.backbones.text.hub import fetched_folder
from study.parts.backbones.text.model_folder import ModelFolder
from study.parts.backbones.text.stages import Embeddings
from study.parts.backbones.weights_choice import NONE, choose_weights
from study.parts.backbones.weights_file import read_weights
from study.parts.tokenization import Tokenization
from study.values.problems import InputError, Problem
from study.values.spec import BackboneSpec

PREFIX = "transformers:"
"""What stands before the folder or name of a model of `transformers`."""


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
            raise _wrong(f"{spec.source} needs package transformers: pip install 'pretrained-study[text]'")

    def problems(self, spec: BackboneSpec, *, root: Path) -> list[Problem]:
        """Return what is wrong with a spec; weights are read and compared."""
        found = gather(lambda: self.check_available(spec), lambda: check_keys(spec))
        return found or gather(lambda: self._check_tokenizer(self.build(spec, root=root)))

    def build(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return the backbone; random weights are drawn from torch's global generator.

        Raises:
            InputError: If it cannot be built.
        """
        self.check_available(spec)
        check_keys(spec)
        weights = choose_weights(spec, self.weights, root=root)
        folder = self.folder(spec, root)
        with fixed_chance() if spec.is_pretrained else nullcontext():
            model = blank_model(folder)
        if weights != NONE:
            given = read_weights(weights) if isinstance(weights, Path) else folder.weights()
            state = encoder_state(given, model)
            check_fit(model, state, weights=spec.weights, of=spec.source)
            load_fitting(model, state)
        return as_backbone(folder, model, max_length=max_length(spec, model.config))

    def build_architecture(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return the backbone on the meta device; weights are not looked for.

        Raises:
            InputError: If it cannot be built.
        """
        self.check_available(spec)
        check_keys(spec)
        folder = self.folder(spec, root)
        with torch.device("meta"):
            model = blank_model(folder)
        return as_backbone(folder, model, max_length=max_length(spec, model.config))

    def _check_tokenizer(self, backbone: Backbone) -> None:
        preparation, embeddings = backbone.preprocessing, cast(Embeddings, backbone.stages[0]).embeddings
        assert isinstance(preparation, Tokenization), "made here"
        known, has = preparation.num_tokens(), cast(Any, embeddings).word_embeddings.num_embeddings
        if known > has:
            message = f"the tokenizer knows {known} tokens, but the model has embeddings for {has}"
            raise _wrong(f"{preparation.folder}: {message}")


class TransformersSource(EncoderSource):
    """The model in a folder, or of a name on the Hugging Face hub."""

    def folder(self, spec: BackboneSpec, root: Path) -> ModelFolder:
        """Return the folder that a spec names, relative to `root`; another name's is fetched from the hub.

        Raises:
            InputError: If there is no such folder and the hub has none or cannot be reached.
        """
        name = spec.source.removeprefix(PREFIX)
        if not name:
            raise _wrong(f"{spec.source!r} does not say which; write {PREFIX}PATH_OR_NAME")
        path = root / name
        return ModelFolder(path if path.is_dir() else fetched_folder(name, looked_at=path))


def _wrong(message: str) -> InputError:
    return InputError(Problem(message=message, location=("source",)))
