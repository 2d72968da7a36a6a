"""What fits a cluster: counted node by node, and refused in one sentence where it never can."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.ray


def ask(nodes: list[dict[str, Any]], *asked: dict[str, Any]) -> list[Any]:
    program = Path(__file__).parent / "faked_cluster.py"
    command = [sys.executable, str(program), json.dumps(nodes), json.dumps(asked)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_more_gpus_than_the_node_has():
    found = ask(
        [{"num_cpus": 8, "num_gpus": 4}],
        {"gpus_per_trial": 8},
        {"gpus_per_trial": 4},
        {"gpus_per_trial": 3},
        {"gpus_per_trial": 0.4},
        {"gpus_per_trial": 1, "cpus_per_trial": 3},
        {"gpus_per_trial": 2, "workers_per_trial": 2, "cpus_per_trial": 16},
    )
    assert found[0] == [0, "resources.gpus_per_trial: asks 8 GPUs a trial; the largest node has 4"]
    assert [room for room, _ in found[1:5]] == [1, 1, 8, 2]
    assert [message for _, message in found[1:5]] == [None] * 4
    assert found[5] == [0, "resources.cpus_per_trial: asks 16 CPUs a trial; the largest node has 8"]


@pytest.mark.slow
def test_trials_are_counted_node_by_node():
    nodes = [{"num_cpus": 0}, {"num_cpus": 3}, {"num_cpus": 3}, {"num_cpus": 1, "num_gpus": 1}]
    found = ask(
        nodes,
        {"cpus_per_trial": 2},
        {"cpus_per_trial": 1},
        {"cpus_per_trial": 2, "gpus_per_trial": 1},
        {"workers_per_trial": 4},
    )
    assert found[0] == [2, None], "7 CPUs in all, but no third node with 2"
    assert found[1] == [7, None]
    assert found[2] == [0, "no single node has both the CPUs and the GPUs that a trial asks"]
    assert found[3] == [0, "resources.cpus_per_trial: asks 4 CPUs a trial; the largest node has 3"]
