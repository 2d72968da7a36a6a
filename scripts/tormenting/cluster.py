"""A Ray cluster of several nodes on this machine, whose nodes come and go."""

from __future__ import annotations

from typing import Any

from ray.cluster_utils import Cluster

_NODES = 2
_STORE_BYTES = 100 * 2**20


class Nodes:
    """A head without CPUs and two nodes of one CPU each."""

    def __init__(self) -> None:
        """Start them."""
        self._start()

    @property
    def address(self) -> str:
        """Where drivers connect."""
        return str(self._cluster.address)

    def lose_one(self, which: float) -> None:
        """Kill a node with all that runs on it, and bring another one.

        Args:
            which: At least 0, below 1.
        """
        node = self._workers.pop(int(which * len(self._workers)))
        self._cluster.remove_node(node, allow_graceful=False)
        self._add()

    def lose_all(self) -> None:
        """Kill the head and every node, and start a new cluster."""
        self.stop()
        self._start()

    def stop(self) -> None:
        """End them."""
        for node in self._cluster.list_all_nodes():
            self._cluster.remove_node(node, allow_graceful=False)
        self._cluster.shutdown()

    def _start(self) -> None:
        head = {"num_cpus": 0, "include_dashboard": False, "object_store_memory": _STORE_BYTES}
        self._cluster: Any = Cluster(initialize_head=True, head_node_args=head)
        self._workers: list[Any] = []
        for _ in range(_NODES):
            self._add()

    def _add(self) -> None:
        self._workers.append(self._cluster.add_node(num_cpus=1, object_store_memory=_STORE_BYTES))
