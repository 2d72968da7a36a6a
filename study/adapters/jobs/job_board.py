"""The jobs of a cluster that run studies: submitted, found again, followed."""

from __future__ import annotations

import asyncio
import shlex
import time
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from study.adapters.jobs.connecting import connect
from study.adapters.jobs.study_job import DIRECTORY, STUDY, StudyJob
from study.adapters.ray_cluster.travelling import runtime_env
from study.values.problems import InputError, unknown_name

_STUDY = "python -m study"
"""The command line, on the cluster: the package travels with the job."""
_START_S = 60
"""Seconds that a cluster is given to get ready for jobs."""


class JobBoard:
    """The studies among a cluster's jobs."""

    def __init__(self, address: str) -> None:
        """Connect.

        Args:
            address: `http://HOST:8265`, where the cluster's dashboard answers.

        Raises:
            InputError: If the cluster cannot be had (says why).
        """
        self.address = address
        self._client = connect(address)

    def submit(self, name: str, *, root: Path, spec: str, directory: str) -> StudyJob:
        """Submit a study; it runs on the cluster, whatever becomes of this machine.

        Args:
            name: The study's.
            root: Folder that travels along: the spec, relative paths, the person's own modules.
            spec: The spec's path within it.
            directory: The study directory, as seen on the cluster.

        Raises:
            InputError: If the folder cannot be sent or the cluster refuses the job.
        """
        options = shlex.join(["--dir", directory, "--address", "auto"])
        # Away from the folder: where nodes share a machine, each unpacks it anew under whoever stands in it.
        entrypoint = f'folder="$PWD"; cd / && exec {_STUDY} run "$folder"/{shlex.quote(spec)} {options}'
        travelling = runtime_env(root, without=None if "://" in directory else Path(directory))
        try:
            job = _once_there_is_an_agent(
                lambda: self._client.submit_job(
                    entrypoint=entrypoint,
                    submission_id=f"study-{name}-{uuid.uuid4().hex[:8]}",
                    runtime_env=travelling,
                    metadata={STUDY: name, DIRECTORY: directory},
                )
            )
        except Exception as error:  # Ray raises ValueError, RuntimeError and others, for a folder too large among it
            raise InputError(f"cannot submit {root} to {self.address}: {error}") from error
        return self.find(job)

    def studies(self) -> list[StudyJob]:
        """Return every job that runs a study, the latest first."""
        found = [job for job in self._client.list_jobs() if DIRECTORY in (job.metadata or {})]
        return [_study_job(job) for job in sorted(found, key=lambda job: job.start_time or 0, reverse=True)]

    def find(self, name: str) -> StudyJob:
        """Return the job of that id, or the latest that runs the study in that directory.

        Raises:
            InputError: If there is none (names the nearest).
        """
        jobs = self.studies()
        for job in jobs:
            if name in (job.id, job.directory):
                return job
        known = [job.id for job in jobs]
        raise InputError(f"at {self.address}: {unknown_name(name, known, what='job or study directory')}")

    def log(self, job: StudyJob) -> str:
        """Return what the job has written so far."""
        return str(self._client.get_job_logs(job.id))

    def follow(self, job: StudyJob) -> Iterator[str]:
        """Yield what the job writes, from its beginning until it ends."""
        lines: AsyncIterator[str] = self._client.tail_job_logs(job.id)
        loop = asyncio.new_event_loop()
        try:
            while (text := loop.run_until_complete(_next(lines))) is not None:
                yield text
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    def ask(self, job: StudyJob, words: Sequence[str], *, timeout_s: float = 120) -> str:
        """Return what `study WORDS` prints on the cluster, where the job's study directory is seen.

        Args:
            job: In whose runtime environment it is run.
            words: Command and arguments.
            timeout_s: Seconds after which it counts as lost.

        Raises:
            InputError: If it fails or takes longer.
        """
        asked = _once_there_is_an_agent(
            lambda: self._client.submit_job(
                # Away from the folder, as when the study was submitted.
                entrypoint=f"cd / && exec {_STUDY} {shlex.join(words)}",
                runtime_env=self._client.get_job_info(job.id).runtime_env,
            )
        )
        deadline = time.monotonic() + timeout_s
        while not self._client.get_job_status(asked).is_terminal():
            if time.monotonic() > deadline:
                self._client.stop_job(asked)
                raise InputError(f"the cluster at {self.address} did not answer within {timeout_s:g} s")
            time.sleep(0.2)
        output = str(self._client.get_job_logs(asked))
        succeeded = self._client.get_job_status(asked).value == "SUCCEEDED"
        self._client.delete_job(asked)
        if not succeeded:
            last = (output.strip().splitlines() or ["nothing"])[-1]
            raise InputError(f"the cluster at {self.address} cannot tell: {last}")
        return output


def _once_there_is_an_agent(submit: Callable[[], str]) -> str:
    """Submit again and again while a cluster that has just started says that it cannot take jobs yet."""
    deadline = time.monotonic() + _START_S
    while True:
        try:
            return submit()
        except RuntimeError as error:
            if "No available agent" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(1)


def _study_job(job: Any) -> StudyJob:
    return StudyJob(
        id=job.submission_id,
        study=job.metadata[STUDY],
        directory=job.metadata[DIRECTORY],
        state=job.status.value,
        message=job.message or "",
        started_at=None if job.start_time is None else job.start_time / 1000,
        ended_at=None if not job.end_time else job.end_time / 1000,
    )


async def _next(lines: AsyncIterator[str]) -> str | None:
    return await anext(lines, None)
