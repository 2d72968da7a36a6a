"""Trials on a cluster of several nodes: packed by backbone, all nodes busy, and a node that goes is survived."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

HERE = Path(__file__).parent
pytestmark = [pytest.mark.ray, pytest.mark.slow]


def run(root: Path, how: str) -> dict:
    shutil.copy(HERE.parent / "own" / "located.py", root)
    command = [sys.executable, str(HERE / "three_nodes.py"), str(root), how]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_trials_of_a_backbone_are_packed_on_nodes(tmp_path):
    outcome = run(tmp_path, "packed")
    assert outcome["states"] == ["complete"] * 18
    per_node = Counter(node for _, node, _ in outcome["started"])
    assert set(per_node) == set(outcome["nodes"])
    assert min(per_node.values()) >= 3, "no node is idle for the sake of another's cache"
    searched = outcome["started"][:16]
    assert len({process for _, _, process in searched}) == 3, "actors go from trial to trial"
    assert len({(backbone, node) for backbone, node, _ in searched}) < 6, "not every node has seen every backbone"


def test_a_node_that_goes_is_survived(tmp_path):
    outcome = run(tmp_path, "node-removed")
    assert outcome["alive"] == 3, "the head and two of three nodes"
    assert outcome["states"] == ["complete"] * 18
    assert len(outcome["assessed"]) == 2
    [before] = outcome["removed_after"]
    assert "tried again after" in (tmp_path / "run/study.log").read_text()
    assert "its worker died: The actor" in (tmp_path / "run/study.log").read_text()
    assert len(outcome["started"]) > 18, "what ran on it began again elsewhere"
    assert len({node for _, node, _ in outcome["started"][before + 1 :]}) == 2
