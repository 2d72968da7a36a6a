"""A study driven from within a cluster, on behalf of a process outside of it that came through the Ray Client."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ray

from study.adapters.ray_cluster.reaching import CLIENT, check_reachable
from study.adapters.ray_cluster.travelling import runtime_env
from study.values.problems import InputError
from study.values.spec import StudySpec


def is_outside(address: str | None) -> bool:
    """Whether a cluster at that address is reached through the Ray Client, under which Ray Tune does not run."""
    return address is not None and address.startswith(CLIENT)


def drive(spec: StudySpec, directory: str, *, root: Path, address: str, quiet: bool) -> None:
    """Run a study by a task of the cluster, until it ends or this process does.

    The folder `root` travels with it; its progress is written here.

    Args:
        spec: The study's.
        directory: The study directory, which must be one that the cluster sees too.
        root: Folder of the spec.
        address: `ray://HOST:PORT`.
        quiet: Show no progress.

    Raises:
        InputError: As `Study.run`, or if the cluster does not see the directory.
    """
    check_reachable(address)
    with _joined(address, root, directory, quiet=quiet):
        task = ray.remote(num_cpus=0, max_retries=0)(_drive)
        try:
            ray.get(task.remote(spec.model_dump_json(), directory, quiet))
        except ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, InputError):
                raise error.cause from None
            raise


def _drive(spec: str, directory: str, quiet: bool) -> None:
    from study.orchestration.study import Study

    logging.getLogger("ray").setLevel(logging.ERROR)  # the study's own progress is what is written
    if "://" not in directory and not Path(directory, "spec.yaml").is_file():
        raise InputError(
            f"the cluster does not see the study directory {directory}; choose one on a file system that all nodes and "
            "this machine share, or a URL such as s3://bucket/runs/mine"
        )
    Study(StudySpec.model_validate_json(spec), directory, root=os.getcwd()).run(quiet=quiet)


@contextmanager
def _joined(address: str, root: Path, directory: str, *, quiet: bool) -> Iterator[None]:
    without = None if "://" in directory else Path(directory)
    try:
        ray.init(
            address,
            runtime_env=runtime_env(root, without=without),
            log_to_driver=not quiet,
            logging_level=logging.ERROR,
        )
    except Exception as error:  # Ray raises a different type for each way of not getting through
        raise InputError(f"cannot connect to {address}: {type(error).__name__}: {error}") from error
    try:
        yield
    finally:
        ray.shutdown()
