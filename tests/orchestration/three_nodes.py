"""Run studies of two backbones on a cluster of three one-CPU nodes; print what ran where. A program of its own.

    python three_nodes.py UNDISTURBED NODE_REMOVED

Each of the two folders holds `located.py`; in the second one's study a node is taken away. The cluster is this
process's own.
"""

import json
import sys
import threading
import time
from pathlib import Path
from typing import Any

import ray
from ray.cluster_utils import Cluster

from study.orchestration.study import Study
from study.values.spec import StudySpec


def spec(trials: int) -> StudySpec:
    tasks = [{"name": "digit", "data": "located.py:digits", "target": "digit"}]
    return StudySpec.model_validate(
        {
            "name": "three-nodes",
            "backbones": [{"source": f"located.py:{name}", "weights": "none", "name": name} for name in ("one", "two")],
            "tasks": tasks,
            "search": {
                "trials": trials,
                "sampler": "random",
                "space": "located.py:space",
                "scheduler": {"kind": "none"},
            },
            "budget": {"epochs": 2},
            "assessment": {"seeds": 1},
        }
    )


def started(root: Path) -> list[Any]:
    """Return backbone, node and process of every trial that began on a worker node, in order."""
    log = root / "started.jsonl"
    return [json.loads(line) for line in log.read_text().splitlines()] if log.exists() else []


def remove_when_busy(cluster: Any, nodes: list[Any], root: Path, removed: list[str]) -> None:
    """Take the node on which the seventh trial runs away from under it, with no notice."""
    while len(started(root)) < 7:
        time.sleep(0.1)
    busy = started(root)[-1][1]
    cluster.remove_node(next(node for node in nodes if node.node_id == busy), allow_graceful=False)
    removed.append(busy)


def main(undisturbed: Path, node_removed: Path) -> None:
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    nodes = [cluster.add_node(num_cpus=1) for _ in range(3)]
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    cluster.wait_for_nodes()
    removed: list[str] = []
    outcomes = [run(undisturbed)]
    threading.Thread(target=remove_when_busy, args=(cluster, nodes, node_removed, removed), daemon=True).start()
    outcomes.append({**run(node_removed), "removed": removed})
    ray.shutdown()
    cluster.shutdown()
    print(json.dumps({"nodes": [node.node_id for node in nodes], "outcomes": outcomes}))


def run(root: Path) -> dict[str, Any]:
    study = Study(spec(trials=8), root / "run", root=root)
    study.run(quiet=True)
    records = study._records().read_all()
    return {
        "started": started(root),
        "states": [record.state.value for record in records],
        "assessed": [record.plan.arm.id for record in records if record.test],
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
