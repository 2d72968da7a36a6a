"""What a spec's `weights` stand for: published ones, none, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from study.values.problems import InputError, Problem, unknown_name
from study.values.spec import BackboneSpec

DEFAULT = "default"
NONE = "none"
WEIGHT_SUFFIXES = (".safetensors", ".pth")


def choose_weights(spec: BackboneSpec, names: Sequence[str], *, root: Path) -> str | Path:
    """Return the file that a spec names as its weights, or else the word that it gives, which is a known one.

    Args:
        spec: The backbone's.
        names: Published weights of its source, beside `default` and `none`.
        root: Folder that a relative path is looked for in.

    Raises:
        InputError: If there is no such file, or no such name (names those allowed).
    """
    weights = spec.weights
    if weights in (DEFAULT, NONE, *names):
        return weights
    if not _is_path(weights):
        allowed = [DEFAULT, NONE, *names]
        raise _wrong(f"{unknown_name(weights, allowed, what=f'weights of {spec.source}')}, or the path of a {_kinds()}")
    path = root / weights
    if path.suffix not in WEIGHT_SUFFIXES:
        raise _wrong(f"weights {weights!r}: must be a {_kinds()}, not {path.suffix or 'a file without a suffix'}")
    if not path.is_file():
        raise _wrong(f"no such file: {path}")
    return path


def _is_path(weights: str) -> bool:
    return "/" in weights or "\\" in weights or bool(Path(weights).suffix)


def _kinds() -> str:
    return f"{' or '.join(WEIGHT_SUFFIXES)} file"


def _wrong(message: str) -> InputError:
    return InputError(Problem(message=message, location=("weights",)))
