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
    row_table,
    sklearn_tables,
    texts,
    torchvision_sets,
    yeast,
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
    "row_table",
    "sklearn_tables",
    "texts",
    "torchvision_sets",
    "yeast",
]
