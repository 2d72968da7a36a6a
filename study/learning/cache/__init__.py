"""The cache of a node: arrays that can be made again, computed once, checked when opened, bounded in size."""

from study.learning.cache.entry import Entry, find_entry, open_entry
from study.learning.cache.folder import CacheFolder
from study.learning.cache.room import NoRoomError

__all__ = ["CacheFolder", "Entry", "NoRoomError", "find_entry", "open_entry"]
