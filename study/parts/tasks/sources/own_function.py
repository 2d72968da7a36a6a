"""Data that a person's own function returns."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, IterableDataset

from study.parts.tasks.array_rows import ArrayRows
from study.parts.tasks.data import LabelledInputs, Labels, RawInputs
from study.parts.tasks.images import ArrayImages, DatasetImages
from study.parts.tasks.joined_inputs import JoinedInputs
from study.parts.tasks.labelling import encode_array, merge_labels
from study.parts.tasks.sources.dataset_labels import dataset_labels
from study.parts.tasks.split_names import SPLIT_NAMES
from study.parts.tasks.texts import TextRows
from study.values.input_kind import InputKind
from study.values.keys import content_digest
from study.values.problems import InputError

_ALLOWED = (
    "return (images, labels) with images a uint8 array (N, H, W), (N, H, W, C) or (N, C, H, W) and labels an array "
    "(N,), a matrix of 0 and 1 (N, L) for any number of labels, or a dict of such arrays; (rows, labels) with rows a "
    "float array (N, D); (texts, labels) with texts a list of str or of pairs of them, as tuples; a map-style torch "
    "Dataset of (image, label) with a PIL image or uint8 pixels and an int or a dict of ints; a study.LabelledInputs; "
    "or a dict of any of these by split: train, validation, test"
)


def load_own(function: Callable[..., Any], reference: str, options: Mapping[str, Any]) -> LabelledInputs:
    """Call a person's function and read what it returns.

    Args:
        function: What `reference` names.
        reference: As the spec writes it.
        options: Its keyword arguments.

    Raises:
        InputError: If it raises, or returns something else than is allowed.
    """
    try:
        result = function(**options)
    except InputError:
        raise
    except Exception as error:
        raise InputError(f"{reference} raised {type(error).__name__}: {error}") from error
    identity = content_digest([reference, options, _source_text(function)])
    if isinstance(result, Mapping):
        return _joined(result, reference, identity)
    return _read(result, reference, identity)


def _read(result: Any, source: str, identity: str) -> LabelledInputs:
    if isinstance(result, LabelledInputs):
        return result
    if isinstance(result, IterableDataset):
        raise InputError(f"{source} returned an IterableDataset, which cannot be read by position; {_ALLOWED}")
    if isinstance(result, Dataset):
        labels = dataset_labels(result, source=source)  # type: ignore[arg-type]  # a map-style one has a length
        values = {name: target.values.tolist() for name, target in labels.items()}
        images = DatasetImages(result, source=source, identity=[identity, values])  # type: ignore[arg-type]
        return LabelledInputs(inputs=images, labels=labels)
    if isinstance(result, tuple) and len(result) == 2 and _are_texts(result[0]):
        return _from_texts(*result, source=source)
    if isinstance(result, tuple) and len(result) == 2:
        return _from_arrays(*result, source=source)
    raise InputError(f"{source} returned a {_kind(result)}; {_ALLOWED}")


def _from_arrays(images: Any, labels: Any, *, source: str) -> LabelledInputs:
    by_target = labels if isinstance(labels, Mapping) else {"label": labels}
    given = _array(images, f"{source} images")
    # Two dimensions are no image, nor a stack of them.
    is_rows = given.ndim == 2 and given.dtype.kind == "f"
    arrays = {str(name): _array(values, f"{source} {name}") for name, values in by_target.items()}
    return LabelledInputs(
        inputs=ArrayRows(given, source=source) if is_rows else ArrayImages(given, source=source),
        labels={name: encode_array(values, what=f"{source} {name}") for name, values in arrays.items()},
    )


def _are_texts(values: Any) -> bool:
    """Whether these are texts, or pairs of them, rather than pixels."""
    first = values[0] if isinstance(values, list) and values else None
    return isinstance(first, str) or (isinstance(first, tuple) and all(isinstance(part, str) for part in first))


def _from_texts(texts: Any, labels: Any, *, source: str) -> LabelledInputs:
    rows = [row if isinstance(row, tuple) else (row,) for row in texts]
    if any(len(row) not in (1, 2) or not all(isinstance(part, str) for part in row) for row in rows):
        raise InputError(f"{source} texts: some are neither a str nor a tuple of two; {_ALLOWED}")
    by_target = labels if isinstance(labels, Mapping) else {"label": labels}
    arrays = {str(name): _array(values, f"{source} {name}") for name, values in by_target.items()}
    return LabelledInputs(
        inputs=TextRows(rows, lambda index: f"text {index} of {source}"),
        labels={name: encode_array(values, what=f"{source} {name}") for name, values in arrays.items()},
    )


def _joined(result: Mapping[Any, Any], source: str, identity: str) -> LabelledInputs:
    """Read a dict of splits."""
    splits = [SPLIT_NAMES.get(name) for name in result]
    if "train" not in splits or None in splits or len(set(splits)) < len(splits):
        found = ", ".join(map(repr, result)) or "nothing"
        raise InputError(f"{source} returned a dict of {found}, not of train, validation and test; {_ALLOWED}")
    parts = [_read(value, f"{source} {name}", content_digest([identity, name])) for name, value in result.items()]
    if any(part.split is not None for part in parts):
        raise InputError(f"{source} returned a dict of splits whose LabelledInputs have a split of their own; give one")
    forms = list(dict.fromkeys(_form(part.inputs) for part in parts))
    if len(forms) > 1:
        raise InputError(f"{source} returned splits of different inputs: {' and '.join(forms)}")
    return LabelledInputs(
        inputs=JoinedInputs([part.inputs for part in parts]),
        labels=_joined_labels(parts, source),
        split=np.repeat(np.array(splits, dtype=np.str_), [len(part.inputs) for part in parts]),
        licence=next((part.licence for part in parts if part.licence), None),
    )


def _form(inputs: RawInputs) -> str:
    width = f" of {len(inputs.read(0))}" if inputs.kind is InputKind.TABLE and len(inputs) else ""
    return f"{inputs.kind.value}{width}"


def _joined_labels(parts: list[LabelledInputs], source: str) -> dict[str, Labels]:
    names = list(parts[0].labels)
    for part in parts[1:]:
        if set(part.labels) != set(names):
            differing = f"{', '.join(names)} and {', '.join(part.labels)}"
            raise InputError(f"{source} returned splits with different targets: {differing}")
    return {name: merge_labels([part.labels[name] for part in parts]) for name in names}


def _array(values: Any, what: str) -> np.ndarray[Any, Any]:
    if isinstance(values, torch.Tensor):
        values = values.detach().cpu().numpy()
    if isinstance(values, list):
        values = np.asarray(values)
    if not isinstance(values, np.ndarray):
        raise InputError(f"{what}: a {_kind(values)}, not an array; {_ALLOWED}")
    return values


def _source_text(function: Callable[..., Any]) -> str:
    """Return the text of the file that defines a function, so that editing it makes other data; "" for a built-in."""
    try:
        return inspect.getsource(inspect.getmodule(function) or function)
    except (OSError, TypeError):
        return ""


def _kind(value: Any) -> str:
    return f"tuple of {len(value)}" if isinstance(value, tuple) else type(value).__name__
