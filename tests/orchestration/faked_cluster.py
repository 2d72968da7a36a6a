"""Say what a Ray of given sizes has room for, as JSON. A program of its own: the cluster is this process's.

python faked_cluster.py '[{"num_cpus": 3}, {"num_cpus": 1, "num_gpus": 4}]' '[{"cpus_per_trial": 2}, ...]'
"""

import json
import sys
from typing import Any

import ray
from ray.cluster_utils import Cluster

from study.orchestration.cluster import Rooms, check_fits
from study.values.problems import InputError
from study.values.spec import ResourcesSpec


def answer(written: dict[str, Any]) -> list[Any]:
    resources = ResourcesSpec(**written)
    room = sum(Rooms(resources)().values())
    try:
        check_fits(resources)
    except InputError as error:
        return [room, str(error)]
    return [room, None]


def main(nodes: list[dict[str, Any]], asked: list[dict[str, Any]]) -> None:
    if len(nodes) == 1:
        ray.init(address="local", include_dashboard=False, log_to_driver=False, logging_level="ERROR", **nodes[0])
    else:
        cluster = Cluster(initialize_head=True, head_node_args={"include_dashboard": False, **nodes[0]})
        for node in nodes[1:]:
            cluster.add_node(**node)
        ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
        cluster.wait_for_nodes()
    print(json.dumps([answer(one) for one in asked]))
    ray.shutdown()


if __name__ == "__main__":
    main(json.loads(sys.argv[1]), json.loads(sys.argv[2]))
