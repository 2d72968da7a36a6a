"""What a spec's `weights` stand for where the model is one of Keras."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from study.parts.backbones.keras_models.library import building
from study.parts.backbones.weights_choice import DEFAULT, NONE
from study.values.problems import InputError, Problem, unknown_name
from study.values.spec import BackboneSpec

_SUFFIXES = (".weights.h5", ".h5", ".keras")


def chosen_weights(spec: BackboneSpec, names: tuple[str, ...], *, root: Path) -> str | Path:
    """Return the file that a spec names as its weights, or else the word that it gives, which is a known one.

    Raises:
        InputError: If there is no such file, or no such name (names those allowed).
    """
    weights = spec.weights
    if weights in (DEFAULT, NONE, *names):
        return weights
    kinds = f"a {', '.join(_SUFFIXES[:-1])} or {_SUFFIXES[-1]} file of Keras"
    if "/" not in weights and not Path(weights).suffix:
        allowed = [DEFAULT, NONE, *names]
        raise _wrong(f"{unknown_name(weights, allowed, what=f'weights of {spec.source}')}, or the path of {kinds}")
    if not weights.endswith(_SUFFIXES):
        raise _wrong(f"weights {weights!r}: must be {kinds}")
    if not (root / weights).is_file():
        raise _wrong(f"no such file: {root / weights}")
    return root / weights


def load_weights(model: Any, path: Path) -> None:
    """Put the weights of a file of Keras into a model that is on the CPU; arrays alone are read.

    Raises:
        InputError: If the file is damaged or of another model.
    """
    with building("cpu"):
        try:
            model.load_weights(str(path))
        except Exception as error:  # of the readers of zip and HDF5 files, or of layers of other shapes
            reason = f"{type(error).__name__}: {str(error).strip()}".replace("\n", " ")
            raise _wrong(f"the weights in {path} are damaged or of another model: {reason:.400}") from error


def _wrong(message: str) -> InputError:
    return InputError(Problem(message=message, location=("weights",)))
