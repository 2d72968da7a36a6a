"""Data sources by name; importing this package registers them all."""

from study.parts.tasks.sources import arrays, digits, elpv, folder, manifest, torchvision_sets

__all__ = ["arrays", "digits", "elpv", "folder", "manifest", "torchvision_sets"]
