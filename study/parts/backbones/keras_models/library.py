"""Keras itself: on its torch backend, and with none of a process's own settings."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

import torch

from study.values.problems import InputError, Problem

_BACKEND = "KERAS_BACKEND"


def load_keras() -> Any:
    """Return Keras; where it is not imported yet, that is done here, which takes seconds.

    Raises:
        InputError: If it is not installed, or runs on another backend in this process.
    """
    if "keras" not in sys.modules:
        _import()
    import keras

    backend = keras.backend.backend()
    if backend != "torch":
        raise _wrong(
            f"keras was imported on its backend {backend!r} in this process, but models run on 'torch': set the "
            f"environment variable {_BACKEND}=torch before keras is imported"
        )
    return keras


def _import() -> None:
    if find_spec("keras") is None:
        raise _wrong("models of Keras need package keras: pip install 'pretrained-study[keras]' (Python 3.11 or later)")
    before = os.environ.get(_BACKEND)
    os.environ[_BACKEND] = "torch"
    try:
        import keras  # noqa: F401 - the backend is chosen as it is imported
    finally:
        if before is None:
            del os.environ[_BACKEND]
        else:
            os.environ[_BACKEND] = before


@contextmanager
def building(device: str) -> Iterator[Any]:
    """Give Keras to build models with: on a device, channels last, in float32, whatever the process has set.

    What Keras draws follows from torch's global generator; Python's own is left as it was.
    """
    keras = load_keras()
    state, layout, policy = random.getstate(), keras.config.image_data_format(), keras.config.dtype_policy()
    random.seed(int(torch.randint(2**31, (), device="cpu")))
    keras.config.set_image_data_format("channels_last")
    keras.config.set_dtype_policy("float32")
    try:
        with keras.device(device):
            yield keras
    finally:
        random.setstate(state)
        keras.config.set_image_data_format(layout)
        keras.config.set_dtype_policy(policy)


def _wrong(message: str) -> InputError:
    return InputError(Problem(message=message, location=("source",)))
