"""What all tests share: one thread a process, one Ray a worker, and which worker runs them."""

import os
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pytest
import torch
from s3 import CREDENTIALS
from xdist.scheduler import LoadScopeScheduling

torch.set_num_threads(1)
# Ray's workers would else wait for the other half of the tests, and some would be given up as not having begun.
os.environ.update(RAY_worker_niceness="0")
os.environ.update(CREDENTIALS)  # here, since workers have the environment in which the shared Ray began


class ByFile(LoadScopeScheduling):
    """Has one worker run a file's tests, which share what it made, and one all that share the cluster of a folder.

    Groups by marker (`--dist loadgroup`) have no effect under pytest 9.2, which keeps tests' names where xdist 3.8 does
    not look.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = PurePosixPath(nodeid.partition("::")[0])
        return str(file.parent if file.parent.name == "on_cluster" else file)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """Return what sorts tests so that none of those that take long begins when the rest is done."""
    return 0 if item.get_closest_marker("ray") else 1 if item.get_closest_marker("slow") else 2


@pytest.fixture(scope="session")
def local_ray() -> Iterator[None]:
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()
