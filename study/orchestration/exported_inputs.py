"""What an exported model is given, and how it is prepared: images or texts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from study.learning.image_store import resize
from study.orchestration.exported_rows import to_rows
from study.parts.columns import Columns
from study.parts.preparation import Preparation
from study.parts.preprocessing import Preprocessing
from study.parts.tasks.pixels import to_pixels
from study.parts.tokenization import MODEL_CONFIG, TOKENIZER_FILES, Tokenization
from study.values.frozen import Frozen
from study.values.problems import InputError

PREPROCESSING = "preprocessing.json"
TOKENIZER = "tokenizer"
"""Folder of a text model's tokenizer and of the config of its architecture."""

ImageLike = Image.Image | Tensor | np.ndarray[Any, Any] | str | Path
TextLike = str | tuple[str, str]
RowsLike = Tensor | np.ndarray[Any, Any] | Sequence[float] | Sequence[Sequence[float]]


class _ExportedTokenization(Frozen):
    """What is written of a tokenization, whose files are beside it."""

    kind: str
    digest: str
    max_length: int


def write_preparation(output: Path, preparation: Preparation) -> None:
    """Write into a model's folder what is done to its inputs; a tokenizer's files are copied."""
    path = output / PREPROCESSING
    if not isinstance(preparation, Tokenization):
        path.write_text(preparation.model_dump_json(indent=2))
        return
    folder = output / TOKENIZER
    folder.mkdir()
    for name in (*TOKENIZER_FILES, MODEL_CONFIG):
        if (Path(preparation.folder) / name).is_file():
            shutil.copyfile(Path(preparation.folder) / name, folder / name)
    written = _ExportedTokenization(
        kind=preparation.kind.value, digest=preparation.digest, max_length=preparation.max_length
    )
    path.write_text(written.model_dump_json(indent=2))


def read_preparation(folder: Path) -> Preparation:
    """Return what was written into a model's folder.

    Raises:
        ValueError: If it is not what was written.
    """
    text = (folder / PREPROCESSING).read_text()
    names = dict(json.loads(text))
    if "width" in names:
        return Columns.model_validate_json(text)
    if "kind" not in names:
        return Preprocessing.model_validate_json(text)
    written = _ExportedTokenization.model_validate_json(text)
    found = Tokenization.of((folder / TOKENIZER).resolve(), written.max_length)
    if found.digest != written.digest:
        raise ValueError(f"the files in {folder / TOKENIZER} are not those of {PREPROCESSING}")
    return found


def several(inputs: Any, preparation: Preparation) -> list[Any]:
    """Return one input, or a sequence of them, as a list.

    Raises:
        InputError: If there is none, or what should be a text is none.
    """
    if isinstance(preparation, Tokenization):
        return _texts(inputs)
    if isinstance(preparation, Columns):
        return list(to_rows(inputs, preparation))
    found = [inputs] if isinstance(inputs, str | Path | Image.Image | Tensor | np.ndarray) else list(inputs)
    if not found:
        raise InputError("no image to predict; give at least one")
    return found


def prepared(inputs: Sequence[Any], preparation: Preparation, device: torch.device) -> Tensor:
    """Return what the model takes, on `device`.

    Raises:
        InputError: If an image cannot be read.
    """
    if isinstance(preparation, Tokenization):
        return preparation.tokenize(inputs).to(device)
    if isinstance(preparation, Columns):
        return torch.stack(list(inputs)).to(device)
    assert isinstance(preparation, Preprocessing), "images, where they are neither texts nor rows"
    pixels = [resize(_pixels(image), preparation) for image in inputs]
    return preparation.normalize(torch.stack(pixels).to(device))


def _texts(inputs: Any) -> list[tuple[str, ...]]:
    found = [inputs] if isinstance(inputs, str) or _is_pair(inputs) else list(inputs)
    if not found:
        raise InputError("no text to predict; give at least one")
    strange = [one for one in found if not isinstance(one, str) and not _is_pair(one)]
    if strange:
        raise InputError(f"cannot predict {strange[0]!r}: a text is a str, or a tuple of two of them, which is a pair")
    return [(one,) if isinstance(one, str) else one for one in found]


def _is_pair(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, str) for part in value)


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
