"""Progress of a running study: in the terminal, and in its log."""

from study.adapters.progress.announcing import announce
from study.adapters.progress.counted import counted
from study.adapters.progress.logged import LoggedProgress
from study.adapters.progress.making import make_progress
from study.adapters.progress.state import Progress

__all__ = ["LoggedProgress", "Progress", "announce", "counted", "make_progress"]
