from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from study.parts.tasks.data import LabelledInputs
from study.parts.tasks.loading import load_data

Paint = Callable[..., str]
Load = Callable[..., LabelledInputs]


@pytest.fixture
def paint(tmp_path: Path) -> Paint:
    """Write an image of one grey level below tmp_path; returns the relative path."""

    def paint(path: str, level: int = 100, mode: str = "RGB", size: tuple[int, int] = (6, 4)) -> str:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.full((size[1], size[0], 3), level, np.uint8)
        Image.fromarray(pixels).convert(mode).save(file)
        return path

    return paint


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Read data relative to tmp_path."""

    def load(data: str, targets: tuple[str | None, ...] = (None,), **options: object) -> LabelledInputs:
        return load_data(data, options, targets, root=tmp_path, fresh=True)

    return load
