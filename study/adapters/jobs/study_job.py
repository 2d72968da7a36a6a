"""A study that was submitted to a cluster, as the cluster tells of it."""

from __future__ import annotations

from study.values.frozen import Frozen

STUDY, DIRECTORY = "study", "study_directory"
"""Keys of a job's metadata."""


class StudyJob(Frozen):
    """A job that runs a study."""

    id: str
    """What Ray calls it; `ray job` takes it too."""
    study: str
    """The study's name."""
    directory: str
    """The study directory, as seen on the cluster."""
    state: str
    """PENDING, RUNNING, SUCCEEDED, FAILED or STOPPED."""
    message: str
    """What Ray says of the state; the end of the log of one that failed."""
    started_at: float | None
    """Unix time in seconds."""
    ended_at: float | None

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.state in ("SUCCEEDED", "FAILED", "STOPPED")
