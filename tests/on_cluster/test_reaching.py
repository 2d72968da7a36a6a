"""A cluster that cannot be had is refused with one sentence, before anything is begun."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from running_cluster import study

ASK = "import sys; from study.adapters.ray_cluster.reaching import check_reachable; check_reachable(sys.argv[1])"
SET_VERSIONS = """
import json, sys
from study.adapters.ray_cluster.token import use_token_where_there_is_one
use_token_where_there_is_one()
from ray._private.grpc_utils import init_grpc_channel
from ray.core.generated import gcs_service_pb2 as pb, gcs_service_pb2_grpc as services
stub = services.InternalKVGcsServiceStub(init_grpc_channel(sys.argv[1]))
place = {"namespace": b"cluster", "key": b"CLUSTER_METADATA"}
before = stub.InternalKVGet(pb.InternalKVGetRequest(**place)).value
after = {**json.loads(before), **json.loads(sys.argv[2])}
stub.InternalKVPut(pb.InternalKVPutRequest(**place, value=json.dumps(after).encode(), overwrite=True))
print(before.decode())
"""


def run(code, *arguments, env):
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)


def last_line(done):
    return done.stderr.strip().splitlines()[-1]


@pytest.mark.parametrize("kind", ["gcs", "client"])
def test_the_token_opens_the_cluster_and_nothing_else_does(cluster, kind):
    address = getattr(cluster, kind)
    assert run(ASK, address, env=cluster.environment()).returncode == 0
    for token in ("0" * 64, None):
        done = run(ASK, address, env=cluster.environment(token))
        assert done.returncode == 1
        assert f"the Ray cluster at {address} refuses the token, or there is none" in last_line(done)
        assert "~/.ray/auth_token" in last_line(done)


def test_a_cluster_without_a_token_is_refused_where_one_is_asked_for(cluster):
    bare = {**cluster.environment(None), "RAY_AUTH_MODE": "disabled"}
    command = [sys.executable, str(Path(__file__).with_name("cluster_process.py")), "1", "1"]
    with subprocess.Popen(
        command, env=bare, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        address = json.loads(next(line for line in process.stdout if line.startswith("{")))["gcs"]
        assert run(ASK, address, env=bare).returncode == 0
        said = last_line(run(ASK, address, env=cluster.environment()))
        process.communicate()
    assert f"the Ray cluster at {address} has no token, but this process has one" in said
    assert "RAY_AUTH_MODE=disabled" in said


def test_a_token_that_cannot_be_read_is_said_so(cluster):
    env = {**cluster.environment(None), "RAY_AUTH_TOKEN_PATH": "/nowhere/token"}
    said = last_line(run(ASK, cluster.gcs, env=env))
    assert "the token cannot be read" in said
    assert "/nowhere/token" in said


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1"])
def test_nothing_there_is_said_so(cluster, address):
    done = run(ASK, address, env=cluster.environment())
    assert f"no Ray cluster answers at {address} within 5 s" in last_line(done)


def test_what_is_no_address_is_said_so(cluster):
    assert "allowed: auto, HOST:PORT" in last_line(run(ASK, "not an address", env=cluster.environment()))


@pytest.mark.parametrize("other", [{"ray_version": "2.1.0"}, {"python_version": "3.8.1"}])
def test_other_versions_are_both_named(cluster, other):
    before = run(SET_VERSIONS, cluster.gcs, json.dumps(other), env=cluster.environment())
    try:
        done = run(ASK, cluster.gcs, env=cluster.environment())
    finally:
        assert run(SET_VERSIONS, cluster.gcs, before.stdout, env=cluster.environment()).returncode == 0
    assert f"the Ray cluster at {cluster.gcs} runs Ray" in last_line(done)
    assert next(iter(other.values())) in last_line(done)
    assert "this process Ray" in last_line(done)


@pytest.mark.parametrize(
    ("address", "token", "expected"),
    [
        ("http://127.0.0.1:1", "", "no Ray dashboard answers at http://127.0.0.1:1 within 5 s"),
        ("127.0.0.1:8265", "", "is no address of a Ray dashboard; write http://HOST:8265"),
        ("dashboard", "0" * 64, "refuses the token; put the cluster's token into RAY_AUTH_TOKEN"),
        ("dashboard", None, "asks for a token; put the cluster's token into RAY_AUTH_TOKEN"),
    ],
)
def test_a_study_is_not_submitted_where_it_cannot_be(cluster, folder, address, token, expected):
    address = cluster.dashboard if address == "dashboard" else address
    words = ["submit", folder / "my.yaml", "--dir", "/tmp/anywhere", "--address", address]
    done = study(*words, env=cluster.environment(token))
    assert (done.returncode, done.stdout) == (2, "")
    assert expected in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr


def test_a_bad_spec_or_directory_is_not_submitted(cluster, folder):
    words = ["submit", folder / "my.yaml", "--dir", "runs/mine", "--address", cluster.dashboard]
    done = study(*words, env=cluster.environment())
    assert (done.returncode, "'runs/mine' is relative" in done.stderr) == (2, True)
    (folder / "my.yaml").write_text((folder / "my.yaml").read_text().replace("epochs", "epoch"))
    done = study(*words, env=cluster.environment())
    assert (done.returncode, "did you mean epochs?" in done.stderr) == (2, True)


def test_a_job_that_is_not_there_is_said_so(cluster):
    for command in ("logs", "status"):
        done = study(command, "study-none", "--address", cluster.dashboard, env=cluster.environment())
        assert (done.returncode, "unknown job or study directory 'study-none'" in done.stderr) == (2, True)
