"""What a spec may say of a text encoder beside its source and weights."""

from __future__ import annotations

from typing import Any

from study.values.problems import InputError, Problem, unknown_name
from study.values.spec import BackboneSpec

MAX_LENGTH = "max_length"
"""The one option: tokens of a text that are read."""
DEFAULT_LENGTH = 256
"""Where the spec does not say; shorter where the model has fewer positions."""
_SHORTEST = 8


def check_keys(spec: BackboneSpec) -> None:
    """Refuse keys that are for other backbones.

    Raises:
        InputError: With each of them.
    """
    found = [
        Problem(message=unknown_name(name, [MAX_LENGTH], what=f"option of {spec.source}"), location=("options", name))
        for name in spec.options
        if name != MAX_LENGTH
    ]
    length = spec.options.get(MAX_LENGTH, DEFAULT_LENGTH)
    if not isinstance(length, int) or isinstance(length, bool) or length < _SHORTEST:
        message = f"{MAX_LENGTH} = {length!r}; a whole number of tokens, at least {_SHORTEST}"
        found.append(Problem(message=message, location=("options", MAX_LENGTH)))
    if spec.image_size is not None:
        message = f"{spec.source} takes texts, which have no image_size; leave it out"
        found.append(Problem(message=message, location=("image_size",)))
    if found:
        raise InputError(found)


def max_length(spec: BackboneSpec, config: Any) -> int:
    """Return how many tokens are read.

    Raises:
        InputError: If the spec wants more than the model has positions for.
    """
    most = config.max_position_embeddings
    if config.model_type in ("roberta", "xlm-roberta"):
        most -= config.pad_token_id + 1  # positions are counted from behind the padding token's id
    wanted: int = spec.options.get(MAX_LENGTH, min(DEFAULT_LENGTH, most))
    if wanted > most:
        message = f"{MAX_LENGTH} = {wanted}, but {spec.source} has positions for {most} tokens"
        raise InputError(Problem(message=message, location=("options", MAX_LENGTH)))
    return wanted
