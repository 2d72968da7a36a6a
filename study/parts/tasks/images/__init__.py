"""Images by where they are kept: in files, in one array, or in a map-style data set."""

from study.parts.tasks.images.array_images import ArrayImages
from study.parts.tasks.images.dataset_images import DatasetImages
from study.parts.tasks.images.file_images import FileImages

__all__ = ["ArrayImages", "DatasetImages", "FileImages"]
