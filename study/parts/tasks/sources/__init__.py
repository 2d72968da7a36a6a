"""Data sources by name; importing this package registers them all."""

from study.parts.tasks.sources import (
    arrays,
    digits,
    elpv,
    folder,
    glue,
    huggingface,
    manifest,
    reuters,
    texts,
    torchvision_sets,
)

__all__ = [
    "arrays",
    "digits",
    "elpv",
    "folder",
    "glue",
    "huggingface",
    "manifest",
    "reuters",
    "texts",
    "torchvision_sets",
]
