"""What Ray exports of the driver's gauges, read from the node's own metrics port."""

import time
import urllib.request

import pytest

from study.adapters.ray_metrics import Gauges
from study.adapters.ray_metrics.names import BEST_OBJECTIVE

FORGOTTEN_AFTER_S = 20
"""Twice the interval in which Ray's processes report."""


def exported(study: str) -> list[float]:
    import ray

    [node] = ray.nodes()
    with urllib.request.urlopen(f"http://127.0.0.1:{node['MetricsExportPort']}/metrics", timeout=60) as answer:
        lines = answer.read().decode().splitlines()
    return [
        float(line.rsplit(" ", 1)[1])
        for line in lines
        if line.startswith(f"{BEST_OBJECTIVE.exported}{{") and f'study="{study}"' in line
    ]


def wait_until(condition) -> None:
    deadline = time.monotonic() + 180
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.5)


@pytest.mark.slow
@pytest.mark.ray
def test_a_gauge_set_once_stays_as_long_as_the_study_runs_and_no_longer(local_ray):
    with Gauges() as gauges:
        gauges.set(BEST_OBJECTIVE, 0.5, study="stays", arm="a/b/c", metric="accuracy")
        wait_until(lambda: exported("stays"))
        time.sleep(1.5 * FORGOTTEN_AFTER_S)
        assert exported("stays") == [0.5]
    wait_until(lambda: not exported("stays"))
