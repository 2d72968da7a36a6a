"""Nodes that do not see the study directory, in a real cluster of their own; the same cluster with one at a URL.

Each node has a mount namespace: in one the directory is another file system, in another it is read-only.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

OWN = Path(__file__).parents[1] / "own"
SCRIPT = """
import json, os, shlex, signal, subprocess, sys, time
from ray.cluster_utils import Cluster
import ray
from study import InputError, Study, StudySpec

shared, url, own = sys.argv[1:]
spec = StudySpec.model_validate({
    "name": "nodes", "backbones": ["parts.py:small_net"],
    "tasks": [{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}],
    "search": {"trials": 2, "space": "parts.py:narrow", "scheduler": {"kind": "none"}},
    "budget": {"epochs": 1}, "assessment": {"seeds": 1},
})
cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
nodes = []

def join(mounts):
    ray_start = f"{shlex.quote(sys.executable)} -m ray.scripts.scripts start --block --num-cpus=1"
    command = ["unshare", "--mount", "sh", "-c", f"{mounts} && exec {ray_start} --address={cluster.address}"]
    known = len([found for found in ray.nodes() if found["Alive"]])
    for _ in range(4):  # Ray gives a node 30 s to start, which a busy machine may not manage
        node = subprocess.Popen(command, start_new_session=True, stdout=sys.stderr)  # shown where the test fails
        while node.poll() is None:
            if len([found for found in ray.nodes() if found["Alive"]]) > known:
                nodes.append(node)
                return
            time.sleep(0.5)
    raise RuntimeError("a node did not start")

def refused(place):
    began = time.monotonic()
    try:
        Study(spec, place, root=own).run(quiet=True)
    except InputError as error:
        return [str(problem) for problem in error.problems], time.monotonic() - began
    return None

try:
    quoted = shlex.quote(shared)
    ray.init(address=cluster.address, log_to_driver=False, logging_level="ERROR")
    join(f"mount -t tmpfs none {quoted}")
    join(f"mount --bind {quoted} {quoted} && mount -o remount,ro,bind {quoted}")
    problems, took = refused(os.path.join(shared, "run"))
    one = Study(spec, url, root=own)
    one.run(quiet=True)
    print(json.dumps({"problems": problems, "took_s": took, "at_url": one.status().phase}))
finally:
    ray.shutdown()
    for node in nodes:
        if node.poll() is None:
            os.killpg(node.pid, signal.SIGTERM)
        node.wait()
    cluster.shutdown()
"""


@pytest.mark.slow
def test_nodes_that_cannot_write_are_named_and_a_url_serves_them_all(s3, tmp_path):
    if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
        pytest.skip("needs the right to mount")
    shared = tmp_path / "shared"
    shared.mkdir()
    command = [sys.executable, "-c", SCRIPT, str(shared), s3.url("runs/nodes"), str(OWN)]
    # A folder of its own for Ray: `auto` elsewhere on this machine must not find this cluster. Short, for its sockets.
    with tempfile.TemporaryDirectory(prefix="ray-", dir="/tmp") as folder:
        environment = {**os.environ, "RAY_TMPDIR": folder}
        ended = subprocess.run(command, capture_output=True, text=True, timeout=900, env=environment)
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    assert len(found["problems"]) == 2
    for problem in found["problems"]:
        assert problem.startswith("node ")
        assert f"cannot use the study directory {shared / 'run'}: " in problem
        assert problem.endswith("put it on a file system that all nodes share, or use a URL such as s3://BUCKET/FOLDER")
    assert any("does not see there what the driver wrote" in problem for problem in found["problems"])
    assert any("/run: Read-only file system; put" in problem for problem in found["problems"])
    assert found["at_url"] == "done"
