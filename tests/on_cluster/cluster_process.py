"""A Ray cluster of several nodes on this machine, with a token, in a process of its own: run as a script.

Prints a line of JSON with its addresses and goes on until its standard input ends.
"""

import json
import socket
import sys
from contextlib import closing

from ray.cluster_utils import Cluster


def free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def main(num_nodes: int, cpus: int) -> None:
    client_port = free_port()
    head = {
        "num_cpus": cpus,
        "include_dashboard": True,
        "dashboard_port": free_port(),
        "ray_client_server_port": client_port,
        # Its usual port belongs to whatever other Ray runs on this machine, and without it no job is taken.
        "dashboard_agent_listen_port": free_port(),
        "object_store_memory": 200 * 2**20,
    }
    cluster = Cluster(initialize_head=True, head_node_args=head)
    for _ in range(num_nodes - 1):
        cluster.add_node(num_cpus=cpus, object_store_memory=100 * 2**20)
    addresses = {
        "gcs": cluster.address,
        "dashboard": f"http://{cluster.head_node.webui_url}",
        "client": f"ray://127.0.0.1:{client_port}",
    }
    print(json.dumps(addresses), flush=True)
    sys.stdin.read()
    cluster.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
