"""What docs/cluster.md says to type exists: the commands and options of `study` and Ray, and the files named."""

import re
import shlex
from pathlib import Path

import click
import pytest
import yaml
from ray.scripts.scripts import cli as ray_cli
from typer.main import get_command

from study.faces.command_line import app
from study.values.spec.running import ResourcesSpec

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "cluster.md").read_text()
STUDY = get_command(app)


def blocks(language: str = "") -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """Return the commands of the page: every line of a block, and what is named with its arguments within the text."""
    lines = [line for block in blocks() for line in block.splitlines() if line.strip()]
    return [*lines, *(code for code in re.findall(r"`([^`\n]+)`", PAGE) if len(code.split()) > 2)]


def written_for(program: str) -> list[list[str]]:
    split = [shlex.split(command, comments=True) for command in commands()]
    return [words[1:] for words in split if words[0] == program]


def understood(cli: click.Group, words: list[str]) -> None:
    command = cli.get_command(click.Context(cli), words[0])
    assert command is not None, f"no command {words[0]}"
    command.make_context(words[0], list(words[1:]))


@pytest.mark.parametrize("words", written_for("study"), ids=" ".join)
def test_a_command_of_study_is_one(words):
    if "submit" not in STUDY.commands and any(word.startswith("http://") or word == "submit" for word in words):
        pytest.skip("this version does not submit")
    understood(STUDY, words)


@pytest.mark.parametrize("words", written_for("ray"), ids=" ".join)
def test_a_command_of_ray_is_one(words, monkeypatch):
    monkeypatch.chdir(ROOT)
    understood(ray_cli, words)


def test_a_batch_job_is_given_a_command_of_study():
    [*jobs] = written_for("sbatch")
    assert jobs
    for words in jobs:
        script = words.index("scripts/cluster/slurm.sh")
        assert all(word.startswith("--") for word in words[:script])
        understood(STUDY, words[script + 1 :])


def test_files_that_are_named_are_there():
    named = set(re.findall(r"scripts/cluster/[\w./-]*\w", PAGE))
    assert len(named) >= 4
    assert not [path for path in named if not (ROOT / path).exists()]
    assert "(docs/cluster.md)" in (ROOT / "README.md").read_text()


def test_the_resources_shown_are_some():
    [block] = blocks("yaml")
    ResourcesSpec.model_validate(yaml.safe_load(block)["resources"])
