"""Whether every node can write where the study's checkpoints go: asked before a sweep starts, answered in seconds."""

from __future__ import annotations

import uuid
from typing import Any

import ray
from pyarrow.fs import FileSystem, FileType, LocalFileSystem
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from study.adapters.checkpoint_shelf import CheckpointHome
from study.adapters.remote.deadline import within
from study.adapters.remote.errors import in_plain_words
from study.values.problems import InputError, Problem

ANSWER_S = 60.0
"""Seconds in which a node has to answer; most of them are a worker's start."""
_STORAGE_S = 20.0
"""Seconds in which the storage has to answer a node."""


def check_nodes_reach(home: CheckpointHome) -> None:
    """Let every node of the cluster read what the driver wrote, and write what the driver reads.

    Raises:
        InputError: With a problem for each node that cannot: its address, the directory, why, and what to do.
    """
    folder = f"{home.folder}/.probe-{uuid.uuid4().hex[:8]}"
    filesystem = home.filesystem
    try:
        filesystem.create_dir(folder)
        _write(filesystem, f"{folder}/driver", folder)
    except Exception as error:
        raise InputError(f"cannot write to {home.place}: {in_plain_words(error)}") from error
    try:
        problems = [
            Problem(message=f"node {address} cannot use the study directory {home.place}: {reason}; {_remedy(home)}")
            for address, reason in _failures(filesystem, folder).items()
        ]
    finally:
        filesystem.delete_dir(folder)
    if problems:
        raise InputError(problems)


def _failures(filesystem: FileSystem, folder: str) -> dict[str, str]:
    nodes = {node["NodeID"]: node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]}
    asked: dict[Any, str] = {}
    for node in nodes:
        where = NodeAffinitySchedulingStrategy(node, soft=False)
        asked[_probe.options(scheduling_strategy=where).remote(filesystem, folder, node)] = node
    answered, late = ray.wait(list(asked), num_returns=len(asked), timeout=ANSWER_S)
    failures = {}
    for task in answered:
        reason = _outcome(task) or _seen(filesystem, folder, asked[task])
        if reason is not None:
            failures[_name(nodes, asked[task])] = reason
    for task in late:
        ray.cancel(task, force=True)
        failures[_name(nodes, asked[task])] = f"it did not answer within {ANSWER_S:.0f} s"
    return failures


@ray.remote(num_cpus=0, max_retries=0)  # type: ignore[untyped-decorator]
def _probe(filesystem: FileSystem, folder: str, node: str) -> str | None:
    """Return why this node cannot use a folder; None if it can."""
    try:
        return within(_STORAGE_S, lambda: _try(filesystem, folder, node))
    except Exception as error:  # whatever a file system raises
        return in_plain_words(error)


def _try(filesystem: FileSystem, folder: str, node: str) -> str | None:
    if _read(filesystem, f"{folder}/driver") != folder:
        return "it does not see there what the driver wrote"
    _write(filesystem, f"{folder}/{node}", node)
    return None if _read(filesystem, f"{folder}/{node}") == node else "what it wrote there reads back differently"


def _outcome(task: Any) -> str | None:
    try:
        reason: str | None = ray.get(task)
    except ray.exceptions.RayError as error:
        return f"its worker failed ({str(error).strip().splitlines()[-1]})"
    return reason


def _seen(filesystem: FileSystem, folder: str, node: str) -> str | None:
    return None if _read(filesystem, f"{folder}/{node}") == node else "the driver does not see what it wrote there"


def _read(filesystem: FileSystem, path: str) -> str | None:
    if filesystem.get_file_info(path).type != FileType.File:
        return None
    with filesystem.open_input_stream(path) as stream:
        return bytes(stream.read()).decode()


def _write(filesystem: FileSystem, path: str, text: str) -> None:
    with filesystem.open_output_stream(path) as stream:
        stream.write(text.encode())


def _name(nodes: dict[str, str], node: str) -> str:
    """Return a node's address, with its id where several have the same."""
    address = nodes[node]
    return address if list(nodes.values()).count(address) == 1 else f"{address} ({node[:8]})"


def _remedy(home: CheckpointHome) -> str:
    if isinstance(home.filesystem, LocalFileSystem):
        return "put it on a file system that all nodes share, or use a URL such as s3://BUCKET/FOLDER"
    return "give the node the same credentials and endpoint as this machine"
