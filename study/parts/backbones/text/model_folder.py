"""A folder with a model of `transformers`: its config, its weights and its tokenizer's files. Nothing is executed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from study.parts.backbones.text.architectures import ARCHITECTURES, EncoderArchitecture
from study.parts.backbones.weights_file import read_weights
from study.parts.tokenization import MODEL_CONFIG
from study.values.problems import InputError, Problem

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
"""Files of weights, first choice first; large models have them in parts, which an index names."""
_INDEX = ".index.json"


@dataclass(frozen=True)
class ModelFolder:
    """Such a folder."""

    path: Path

    def config(self) -> Any:
        """Return the model's config, an object of `transformers`.

        Raises:
            InputError: If it is not there, cannot be read, or is of no architecture that can be cut.
        """
        from transformers import AutoConfig

        path = self.path / MODEL_CONFIG
        if not path.is_file():
            raise _wrong(f"no such file: {path}; a model of transformers is a folder with a {MODEL_CONFIG}")
        try:
            kind = json.loads(path.read_text(encoding="utf-8")).get("model_type")
        except (ValueError, AttributeError, RecursionError) as error:
            raise _wrong(f"cannot read {path}: {error}") from error
        if kind not in ARCHITECTURES:
            known = ", ".join(ARCHITECTURES)
            raise _wrong(f"{path}: model_type is {kind!r}; text encoders that can be cut are {known}")
        try:
            return AutoConfig.from_pretrained(str(self.path), trust_remote_code=False, local_files_only=True)
        except Exception as error:  # of whatever kind its checks raise
            reason = str(error).partition("\n")[0]
            raise _wrong(f"cannot read {path}: {type(error).__name__}: {reason}") from error

    def architecture(self) -> EncoderArchitecture:
        """Return how the model is built and cut.

        Raises:
            InputError: If that is not known.
        """
        return ARCHITECTURES[self.config().model_type]

    def weights(self) -> Mapping[str, Tensor]:
        """Return the state dict.

        Raises:
            InputError: If there is none, or a file is damaged.
        """
        for name in WEIGHTS:
            if (self.path / name).is_file():
                return read_weights(self.path / name)
            if (self.path / f"{name}{_INDEX}").is_file():
                return self._parts(self.path / f"{name}{_INDEX}")
        message = f"no weights in {self.path}: one of {', '.join(WEIGHTS)} is needed"
        raise InputError(Problem(message=message, location=("weights",)))

    def _parts(self, index: Path) -> Mapping[str, Tensor]:
        try:
            names = sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
            # A name, not a path: nothing outside the folder is read.
            files = [self.path / Path(name).name for name in names]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            message = f"cannot read {index}: {type(error).__name__}: {error}"
            raise InputError(Problem(message=message, location=("weights",))) from error
        return {name: value for file in files for name, value in read_weights(file).items()}


def _wrong(message: str) -> InputError:
    return InputError(Problem(message=message, location=("source",)))
