"""The KubeRay manifests: valid for KubeRay and Kubernetes, and as guarded as their comments say."""

import copy
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml
from packaging.version import Version
from typer.main import get_command

from study.faces.command_line import app

LAUNCH = Path(__file__).parents[2] / "scripts" / "cluster"
SCHEMA = yaml.safe_load((Path(__file__).parent / "kuberay_schema.yaml").read_text())
KUBERNETES = "1.34"
"""The version whose schema pods are checked against."""
MANIFESTS = ("kuberay-raycluster.yaml", "kuberay-rayjob.yaml")


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((LAUNCH / name).read_text()))


def of_ray(name: str) -> dict[str, Any]:
    [found] = [each for each in documents(name) if each["apiVersion"] == "ray.io/v1"]
    return found


def cluster(name: str) -> dict[str, Any]:
    spec = of_ray(name)["spec"]
    return spec.get("rayClusterSpec", spec)


def groups(name: str) -> dict[str, dict[str, Any]]:
    return {group["groupName"]: group for group in cluster(name)["workerGroupSpecs"]}


def pods(name: str) -> list[dict[str, Any]]:
    templates = [group["template"] for group in [cluster(name)["headGroupSpec"], *groups(name).values()]]
    return [template["spec"] for template in templates]


def limits(pod: dict[str, Any]) -> dict[str, str]:
    [container] = pod["containers"]
    return container["resources"]["limits"]


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_manifest_is_valid_for_kuberay(name):
    jsonschema.Draft202012Validator(SCHEMA).validate(of_ray(name))


@pytest.mark.parametrize(
    ("place", "key", "value"),
    [
        ((), "entrypiont", "study"),
        ((), "shutdownAfterJobFinishes", False),
        (("rayClusterSpec",), "rayVersion", 2.6),
        (("rayClusterSpec", "authOptions"), "mode", "tokens"),
        (("rayClusterSpec", "headGroupSpec", "rayStartParams"), "num-cpus", 0),
        (("rayClusterSpec", "workerGroupSpecs", 0), "maxReplicas", "4"),
        (("rayClusterSpec", "workerGroupSpecs", 0), "maxReplica", 4),
    ],
)
def test_the_schema_refuses_a_mistake(place, key, value):
    manifest = copy.deepcopy(of_ray("kuberay-rayjob.yaml"))
    level = manifest["spec"]
    for step in place:
        level = level[step]
    level[key] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(SCHEMA).validate(manifest)


@pytest.mark.parametrize("name", MANIFESTS)
def test_pods_and_claims_are_valid_for_kubernetes(name):
    for pod in pods(name):
        whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "ray"}, "spec": pod}
        kubernetes_validate.validate(whole, KUBERNETES, strict=True)
    for other in documents(name):
        if other["apiVersion"] != "ray.io/v1":
            kubernetes_validate.validate(other, KUBERNETES, strict=True)


@pytest.mark.parametrize("name", MANIFESTS)
def test_what_is_mounted_is_there(name):
    for pod in pods(name):
        volumes = {volume["name"] for volume in pod["volumes"]}
        mounted = {mount["name"] for container in pod["containers"] for mount in container["volumeMounts"]}
        assert mounted == volumes


@pytest.mark.parametrize("name", MANIFESTS)
def test_groups_of_gpus_and_of_cpus_grow_within_limits(name):
    gpu, cpu = (limits(groups(name)[kind]["template"]["spec"]) for kind in ("gpu", "cpu"))
    assert int(gpu["nvidia.com/gpu"]) >= 1
    assert "nvidia.com/gpu" not in cpu
    assert cluster(name)["enableInTreeAutoscaling"] is True
    for group in groups(name).values():
        assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
        assert 1 <= group["maxReplicas"] <= 100
    for pod in pods(name):
        # Ray takes the limits for what a node has: a request below them would promise trials what is not there.
        assert pod["containers"][0]["resources"]["requests"] == limits(pod)


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_token_is_asked_for(name):
    spec = cluster(name)
    assert spec["authOptions"] == {"mode": "token", "secretName": "study-token"}
    assert Version(spec["rayVersion"]) >= Version("2.52"), "the first Ray with tokens"
    assert "kubectl create secret generic study-token --from-literal=auth_token=" in (LAUNCH / name).read_text()


@pytest.mark.parametrize(
    ("name", "host"),
    [("kuberay-raycluster.yaml", "127.0.0.1"), ("kuberay-rayjob.yaml", "0.0.0.0")],
)
def test_the_dashboard_stays_inside(name, host):
    head = cluster(name)["headGroupSpec"]
    assert head["serviceType"] == "ClusterIP"
    assert not head.get("enableIngress")
    assert head["rayStartParams"]["dashboard-host"] == host


def test_the_job_runs_the_command_of_the_project():
    [program, command, *arguments] = shlex.split(of_ray("kuberay-rayjob.yaml")["spec"]["entrypoint"])
    assert program == "study"
    given = get_command(app).commands[command].make_context(command, list(arguments)).params
    mounts = {mount["mountPath"] for mount in pods("kuberay-rayjob.yaml")[0]["containers"][0]["volumeMounts"]}
    assert {str(given["path"].parent), str(Path(given["directory"]).parent)} <= mounts
    assert given["address"] == "auto"
