"""The image: its Dockerfile is clean, and what it copies is enough to install the project from."""

import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "scripts" / "cluster" / "docker" / "Dockerfile"
TOOLS = Path(sys.executable).parent


def instructions(name: str) -> list[list[str]]:
    lines = DOCKERFILE.read_text().replace("\\\n", " ").splitlines()
    return [shlex.split(line)[1:] for line in lines if line.startswith(f"{name} ")]


def copied() -> list[str]:
    return [source for words in instructions("COPY") for source in words[:-1] if not source.startswith("--")]


def test_the_linter_finds_nothing():
    ran = subprocess.run([TOOLS / "hadolint", DOCKERFILE], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_ray_and_python_are_those_of_the_constraints():
    constraints = (ROOT / "constraints.txt").read_text()
    [ray] = re.findall(r"^ray==(.+)$", constraints, flags=re.MULTILINE)
    [python] = re.findall(r"Python (\d\.\d+)", constraints)
    [[base]] = instructions("FROM")
    assert base == f"rayproject/ray:{ray}-py{python.replace('.', '')}-${{PLATFORM}}"
    for manifest in ("kuberay-raycluster.yaml", "kuberay-rayjob.yaml"):
        [spec] = [
            each["spec"]
            for each in yaml.safe_load_all((ROOT / "scripts" / "cluster" / manifest).read_text())
            if each["apiVersion"] == "ray.io/v1"
        ]
        assert spec.get("rayClusterSpec", spec)["rayVersion"] == ray


def test_every_node_of_every_launch_file_runs_this_image():
    [tag] = re.findall(r"docker build -f scripts/cluster/docker/Dockerfile -t (\S+) \.", DOCKERFILE.read_text())
    named = [
        image
        for path in sorted((ROOT / "scripts" / "cluster").glob("*.yaml"))
        for image in re.findall(r"^\s*image: (\S+)", path.read_text(), flags=re.MULTILINE)
    ]
    assert len(named) == 7
    assert set(named) == {tag}


@pytest.mark.slow
def test_what_is_copied_is_enough_to_install(tmp_path):
    context = tmp_path / "context"
    context.mkdir()
    for name in copied():
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, context / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, context / name)
    [install] = [words for words in instructions("RUN") if words[:2] == ["pip", "install"]]
    assert install[install.index("-c") + 1] == "constraints.txt"
    assert install[-1] == ".[quickstart]"
    # With the packages that are installed already: only the project itself is built.
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, "."]
    ran = subprocess.run(command, cwd=context, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        inside = set(archive.namelist())
    tracked = subprocess.run(
        ["git", "ls-files", "study", "search_spaces"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert {path for path in tracked if path.endswith((".py", ".yaml"))} <= inside
