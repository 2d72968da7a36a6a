"""The file for `ray up`: valid for Ray's own checks, and launched by Ray's own AWS provider on a simulated AWS."""

import copy
import shlex
from pathlib import Path

import pytest
import yaml
from moto import mock_aws
from ray.autoscaler._private.providers import _get_node_provider_cls
from ray.autoscaler._private.util import prepare_config, validate_config
from ray.scripts.scripts import start

FILE = Path(__file__).parents[2] / "scripts" / "cluster" / "ray-cluster.yaml"


@pytest.fixture
def written():
    return yaml.safe_load(FILE.read_text())


def ray_start(config, role):
    """Return what `ray start` understands of the last of a role's start commands."""
    program, command, *arguments = shlex.split(config[f"{role}_start_ray_commands"][-1])
    assert (program, command) == ("ray", "start")
    return start.make_context("start", arguments).params


def test_ray_finds_the_file_valid(written):
    validate_config(prepare_config(written))


def test_ray_refuses_a_mistake(written):
    written["available_node_types"]["gpu"]["max_worker"] = 4
    with pytest.raises(Exception, match="max_worker"):
        validate_config(prepare_config(written))


def test_groups_of_gpus_and_of_cpus_grow_within_limits(written):
    kinds = written["available_node_types"]
    assert kinds["gpu"]["resources"]["GPU"] >= 1
    assert "GPU" not in kinds["cpu"]["resources"]
    assert kinds[written["head_node_type"]]["resources"] == {"CPU": 0, "GPU": 0}
    limits = [kinds[kind]["max_workers"] for kind in ("gpu", "cpu")]
    assert max(limits) <= written["max_workers"] <= sum(limits)


def test_a_token_is_asked_for(written):
    assert "--env RAY_AUTH_MODE=token" in written["docker"]["run_options"]
    # Where Ray looks for it, in the home folder of the image's user.
    assert written["file_mounts"] == {"/home/ray/.ray/auth_token": "~/.ray/auth_token"}


def test_the_dashboard_is_bound_to_loopback(written):
    head = ray_start(written, "head")
    assert head["head"] is True
    assert (head["dashboard_host"], head["dashboard_port"]) == ("127.0.0.1", 8265)
    assert ray_start(written, "worker")["address"] == f"$RAY_HEAD_IP:{head['port']}"


@pytest.mark.slow
def test_rays_aws_provider_launches_every_kind_of_node(written, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # it writes the cluster's SSH key there
    (tmp_path / ".ssh").mkdir()
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "simulated")
    with mock_aws(config={"iam": {"load_aws_managed_policies": True}}):
        config = prepare_config(written)
        provider_type = _get_node_provider_cls(config["provider"])
        # What the cloud says of its instance types must be what is written here of the workers.
        bare = {**config, "available_node_types": _without_resources(config["available_node_types"])}
        detected = provider_type.fillout_available_node_types_resources(bare)["available_node_types"]
        for kind in ("gpu", "cpu"):
            declared = config["available_node_types"][kind]["resources"]
            assert {name: detected[kind]["resources"].get(name) for name in declared} == declared
        ready = provider_type.bootstrap_config(copy.deepcopy(config))
        provider = provider_type(ready["provider"], ready["cluster_name"])
        for kind, node_type in ready["available_node_types"].items():
            provider.create_node(copy.deepcopy(node_type["node_config"]), {"ray-node-type": kind}, 1)
        nodes = provider.non_terminated_nodes({})
        kinds = {provider.node_tags(node)["ray-node-type"] for node in nodes}
    assert kinds == {"head", "gpu", "cpu"}


def _without_resources(node_types):
    return {kind: {**node_type, "resources": {}} for kind, node_type in node_types.items()}
