"""Where a study directory can be."""

from __future__ import annotations

from pathlib import Path

from study.adapters.remote.url import is_url
from study.orchestration.directory import StudyDirectory


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
