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


def test_trials_of_a_backbone_are_packed_on_nodes_and_a_node_that_goes_is_survived(tmp_path):
    folders = [tmp_path / "undisturbed", tmp_path / "removed"]
    for folder in folders:
        folder.mkdir()
        shutil.copy(HERE.parent / "own" / "located.py", folder)
    command = [sys.executable, str(HERE / "three_nodes.py"), *map(str, folders)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    undisturbed, removed = found["outcomes"]
    check_packing(undisturbed, found["nodes"])
    check_survival(removed, (folders[1] / "run/study.log").read_text())


def check_packing(outcome, nodes):
    assert outcome["states"] == ["complete"] * 18
    per_node = Counter(node for _, node, _ in outcome["started"])
    assert set(per_node) == set(nodes)
    assert min(per_node.values()) >= 3, "no node is idle for the sake of another's cache"
    searched = outcome["started"][:16]
    assert len({process for _, _, process in outcome["started"]}) == 3, "actors go from trial to trial, to the last"
    assert len({(backbone, node) for backbone, node, _ in searched}) < 6, "not every node has seen every backbone"


def check_survival(outcome, log):
    assert outcome["states"] == ["complete"] * 18
    assert len(outcome["assessed"]) == 2
    [removed] = outcome["removed"]
    assert "tried again after" in log
    assert "its worker died: The actor" in log
    assert len(outcome["started"]) > 18, "what ran on it began again elsewhere"
    # A process outlives its node's for a moment, in which it may begin another trial.
    assert removed not in {node for _, node, _ in outcome["started"][-6:]}
