"""Where a study's files can be: its directory, and the cache on each node."""

from __future__ import annotations

from pathlib import Path

from study.adapters.cache_folder import default_cache_dir
from study.adapters.remote.url import is_url
from study.orchestration.directory import StudyDirectory
from study.values.spec import StudySpec


def study_directory(place: str | Path) -> StudyDirectory:
    """Return the study directory at a path or a URL; there need not be a study yet.

    Raises:
        InputError: If a URL cannot be read.
    """
    if not is_url(place):
        return StudyDirectory(Path(place))
    # Object storage clients are of no use to a study on disk.
    from study.orchestration.remote_directory import RemoteStudyDirectory

    return RemoteStudyDirectory(str(place))


def cache_dir_of(spec: StudySpec, *, root: Path) -> Path:
    """Return the folder on each node for decoded images and features: the spec's own, or the default."""
    named = spec.resources.cache_dir
    return root / named if named else default_cache_dir()
