"""Files that a model is read from: one that Keras saved, or the architecture that an exported model has beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from study.parts.backbones.keras_models.library import building
from study.parts.backbones.keras_models.model_config import checked_config
from study.parts.backbones.keras_models.pixels import WAYS
from study.values.problems import InputError, Problem, unknown_name

SUFFIX = ".keras"
ARCHITECTURE = "architecture.json"
"""The file of an exported model that holds its config, and how its images are prepared."""
_CONFIG = "config.json"
_MOST_BYTES = 2**26
"""Of a config: that of a model of 780 layers has half a MiB."""


@dataclass(frozen=True, kw_only=True)
class KerasFile:
    """A model's checked config, and what else its file says."""

    path: Path
    config: dict[str, Any]
    pixels: str | None = None
    """How images are prepared, where the file says it."""

    @property
    def has_weights(self) -> bool:
        """Whether the file holds weights beside the config."""
        return self.path.suffix == SUFFIX

    def model(self, device: str) -> Any:
        """Return the model with random weights.

        Raises:
            InputError: If the config makes none.
        """
        with building(device) as keras:
            try:
                # A copy, since Keras takes configs apart.
                model = keras.saving.deserialize_keras_object(json.loads(json.dumps(self.config)), safe_mode=True)
                if not isinstance(model, keras.Model):
                    raise TypeError(f"it makes a {type(model).__name__}")
            except Exception as error:  # of whatever kind a layer raises that is given what it cannot take
                raise _wrong(f"the config in {self.path} makes no model: {_first_line(error)}") from error
            return model


def read_file(path: Path) -> KerasFile:
    """Return what is in a file. Nothing of it is executed.

    Raises:
        InputError: If there is none, it cannot be read, or it holds more than known layers of Keras.
    """
    if not path.is_file():
        raise _wrong(f"no such file: {path}")
    if path.suffix == SUFFIX:
        return KerasFile(path=path, config=checked_config(_zipped(path), of=str(path)))
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        config, pixels = json.dumps(content["model"]), content["preprocessing"]
        if pixels is not None and pixels not in WAYS:
            raise ValueError(unknown_name(str(pixels), WAYS, what="preprocessing"))
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise _wrong(f"cannot read {path}: {_first_line(error)}") from error
    return KerasFile(path=path, config=checked_config(config, of=str(path)), pixels=pixels)


def _zipped(path: Path) -> bytes:
    try:
        with ZipFile(path) as archive, archive.open(_CONFIG) as config:
            found = config.read(_MOST_BYTES + 1)
    except (BadZipFile, KeyError, OSError, RuntimeError, NotImplementedError, EOFError, ValueError) as error:
        message = f"cannot read {path}: {_first_line(error)}; a model that Keras 3 saved (model.save) is expected"
        raise _wrong(message) from error
    if len(found) > _MOST_BYTES:
        raise _wrong(f"cannot read {path}: its {_CONFIG} has more than {_MOST_BYTES} bytes")
    return found


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]:.300}"


def _wrong(message: str) -> InputError:
    return InputError(Problem(message=message, location=("source",)))
