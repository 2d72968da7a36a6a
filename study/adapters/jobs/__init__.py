"""Studies as jobs of a cluster, through Ray Jobs: they go on when the machine that submitted them is gone."""

from study.adapters.jobs.job_board import JobBoard
from study.adapters.jobs.study_job import StudyJob

__all__ = ["JobBoard", "StudyJob"]
