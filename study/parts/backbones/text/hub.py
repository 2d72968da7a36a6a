"""Models on the Hugging Face hub: fetched once a machine, and only files that hold no code."""

from __future__ import annotations

from pathlib import Path

from study.parts.tokenization import MODEL_CONFIG, TOKENIZER_FILES
from study.values.problems import InputError, Problem

_WEIGHTS = ("*.safetensors", "*.safetensors.index.json")


def fetched_folder(name: str, *, looked_at: Path) -> Path:
    """Return the folder that a hub's model was fetched into, fetching it where it is not there yet.

    Of weights only safetensors files are fetched.

    Args:
        name: Such as `google-bert/bert-base-uncased`.
        looked_at: The folder of that name, which is not there; for the message.

    Raises:
        InputError: If the hub has none of that name or cannot be reached.
    """
    from huggingface_hub import snapshot_download

    patterns = [MODEL_CONFIG, *TOKENIZER_FILES, *_WEIGHTS]
    try:
        return Path(snapshot_download(name, allow_patterns=patterns))
    except Exception as error:  # of the library's many kinds, and those of the network
        reason = str(error).partition("\n")[0]
        message = (
            f"no such folder: {looked_at}; nor can {name!r} be had from the Hugging Face hub "
            f"({type(error).__name__}: {reason}); without internet access, bring the model's folder and give its path"
        )
        raise InputError(Problem(message=message, location=("source",))) from error
