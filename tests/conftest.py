"""What all tests share: one thread a process, and one Ray a session."""

import os
from collections.abc import Iterator

import pytest
import torch
from s3 import CREDENTIALS

torch.set_num_threads(1)
# Ray's workers would else wait for the other half of the tests, and some would be given up as not having begun.
os.environ.update(RAY_worker_niceness="0")
os.environ.update(CREDENTIALS)  # here, since workers have the environment in which the shared Ray began


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in the same hook
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if not item.get_closest_marker("xdist_group"):
            # One worker runs all that need Ray, so that it starts once, and a file's tests, which share what it made.
            item.add_marker(pytest.mark.xdist_group("ray" if item.get_closest_marker("ray") else item.path.name))
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
