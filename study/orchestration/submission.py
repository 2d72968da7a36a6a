"""Submitting a study to a cluster, and asking there how it goes."""

from __future__ import annotations

from pathlib import Path

from study.adapters.jobs import JobBoard, StudyJob
from study.orchestration.status import StudyStatus
from study.values.problems import InputError
from study.values.spec.reading import read_spec


def submit(spec: str | Path, directory: str, *, address: str) -> StudyJob:
    """Submit a study through Ray Jobs and return its job; it goes on when this machine is gone.

    The spec's folder travels with it. Its text is checked here, its data and models where the job starts: they may be
    on the cluster alone.

    Args:
        spec: Path of the YAML file.
        directory: The study directory, as seen from every node of the cluster: an absolute path or a URL.
        address: `http://HOST:8265`, where the cluster's dashboard answers.

    Raises:
        InputError: If the spec is wrong (says all that is), the directory is relative, or the cluster cannot be had.
    """
    path = Path(spec)
    checked = read_spec(path)
    if "://" not in directory and not Path(directory).is_absolute():
        raise InputError(
            f"study directory {directory!r} is relative; give an absolute path on a file system that every node of the "
            "cluster shares, or a URL such as s3://bucket/runs/mine"
        )
    root = path.resolve().parent
    return JobBoard(address).submit(checked.name, root=root, spec=path.name, directory=directory)


def job_status(name: str, *, address: str) -> tuple[StudyJob, StudyStatus | None]:
    """Return how a submitted study goes: its job, and where the study stands as seen on the cluster.

    Args:
        name: The job's id, or the study directory as given when it was submitted.
        address: `http://HOST:8265`, where the cluster's dashboard answers.

    Returns:
        None in place of the study's status where the job ended, or has not come far enough, to have made its directory.

    Raises:
        InputError: If the cluster cannot be had or there is no such job.
    """
    board = JobBoard(address)
    job = board.find(name)
    if job.state == "PENDING":
        return job, None
    try:
        output = board.ask(job, ["status", job.directory, "--json"])
    except InputError as error:
        if "no study in" in str(error):
            return job, None
        raise
    return job, StudyStatus.model_validate_json(output[output.index("{") : output.rindex("}") + 1])
