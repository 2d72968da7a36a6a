"""What the README says works as it stands: its spec is valid, its own model and data run by following it alone."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from study.values.spec import StudySpec

README = (Path(__file__).parents[1] / "README.md").read_text()


def block(language: str, holding: str) -> str:
    blocks = re.findall(rf"```{language}\n(.*?)```", README, flags=re.DOTALL)
    [found] = [text for text in blocks if holding in text]
    return found


def test_the_explained_spec_is_a_spec(tmp_path):
    from study.values.spec.reading import read_spec

    (tmp_path / "birds.yaml").write_text(block("yaml", "name: birds"))
    assert isinstance(read_spec(tmp_path / "birds.yaml"), StudySpec)


@pytest.mark.slow
def test_own_model_and_data_run_by_following_the_readme(tmp_path):
    (tmp_path / "mine.py").write_text(block("python", "def small_net"))
    (tmp_path / "my.yaml").write_text(block("yaml", "name: mine"))
    command = [sys.executable, "-m", "study", "run", "my.yaml", "--dir", "runs/mine"]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=500)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "fine_tuning/small_net/pattern" in ran.stdout
    assert "tensorboard --logdir" in ran.stdout


@pytest.mark.ray
def test_the_python_example_runs(tmp_path, local_ray, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(block("python", "def small_net"))
    text = block("python", "s = study.Study(spec")
    text = text.replace('"resnet18"', '"mine.py:small_net"').replace("/resnet18/", "/small_net/")
    text = text.replace("trials=10", "trials=2").replace('"photo.png"', "PHOTO").replace("s.run()", "s.run(quiet=True)")
    text = text.replace("search=", "budget=study.BudgetSpec(epochs=2), search=")
    import numpy as np

    from study.values.importing import resolve

    text = text.replace('load_model("model/")', 'load_model("model/", backbone=SMALL_NET)')
    given = {"PHOTO": np.zeros((20, 20, 3), dtype=np.uint8), "SMALL_NET": resolve("mine.py:small_net", root=tmp_path)}
    exec(compile(text, "README.md", "exec"), given)
