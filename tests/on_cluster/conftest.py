"""A token-protected Ray cluster of three nodes, apart from the Ray that other tests share."""

import json
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from running_cluster import RunningCluster

HERE = Path(__file__).parent
OWN = HERE.parent / "own"


@pytest.fixture(scope="session")
def cluster() -> Iterator[RunningCluster]:
    token = secrets.token_hex(32)
    started = RunningCluster("", "", "", token)
    env = {**started.environment(), "RAY_AUTH_MODE": "token"}
    command = [sys.executable, str(HERE / "cluster_process.py"), "3", "1"]
    with subprocess.Popen(
        command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        line = next((line for line in process.stdout if line.startswith("{")), None)
        assert line is not None, "the cluster did not start"
        yield RunningCluster(**json.loads(line), token=token)
        process.communicate()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A person's spec and module, in a folder of their own."""
    (tmp_path / "spec").mkdir()
    (tmp_path / "spec" / "parts.py").write_text((OWN / "parts.py").read_text())
    (tmp_path / "spec" / "my.yaml").write_text(
        "name: travelling\n"
        'backbones: ["parts.py:small_net"]\n'
        'tasks: [{name: digit, data: "parts.py:two_labels", target: digit}]\n'
        'search: {trials: 3, space: "parts.py:narrow", scheduler: {kind: none}}\n'
        "budget: {epochs: 2}\n"
        "assessment: {seeds: 2}\n"
    )
    return tmp_path / "spec"
