"""Progress of a running study in the terminal."""

from study.adapters.progress.making import make_progress

__all__ = ["make_progress"]
