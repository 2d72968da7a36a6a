"""Images by where they are kept: in files, in one array, in a map-style data set, or in several of these."""

from study.parts.tasks.images.array_images import ArrayImages
from study.parts.tasks.images.dataset_images import DatasetImages
from study.parts.tasks.images.file_images import FileImages
from study.parts.tasks.images.joined_images import JoinedImages

__all__ = ["ArrayImages", "DatasetImages", "FileImages", "JoinedImages"]
