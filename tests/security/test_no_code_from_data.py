"""Nothing is executed that lies in a study directory, a cache, a checkpoint or a file of weights."""

import ast
import json
import os
import pickle
from contextlib import suppress
from pathlib import Path

import pytest
from concluded import concluded
from safetensors.torch import save_file
from typer.testing import CliRunner

import study
from study.adapters.record_store import RecordStore
from study.faces.command_line import app
from study.learning.cache.entry import find_entry
from study.learning.checkpoint import load_checkpoint
from study.learning.manifest import DamagedCheckpointError
from study.orchestration.study import Study
from study.parts.backbones.weights_file import read_weights
from study.parts.tasks.sources import arrays
from study.values.problems import InputError

PACKAGE = Path(study.__file__).parent

ALLOWED = {
    "adapters/tune/death.py": "reads what this run's own Ray session pickled, below Ray's session folder",
    "parts/backbones/families/squeezenet_package.py": "a subclass that finds numpy arrays alone, after a checksum",
}
"""Places that unpickle, and why that executes nothing from data."""


class Payload:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture
def ran(tmp_path):
    return tmp_path / "ran"


@pytest.fixture
def malicious(ran):
    content = pickle.dumps(Payload(ran))
    pickle.loads(content)
    ran.rmdir()  # it does what it is for
    return content


def torch_archive(path, ran):
    import torch

    torch.save({"optimizer": Payload(ran), "schedule": {"last_epoch": 1}}, path)


def test_a_pickle_in_the_place_of_any_file_of_a_study_does_not_run(tmp_path, ran, malicious):
    directory = concluded(tmp_path / "run", {"good": 0.9}, trials=2, seeds=2, examples=50).directory
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    kinds = {}
    for path in files:
        kinds.setdefault((path.name, path.parts[len(directory.parts)]), path)
    assert len(kinds) >= 8
    for path in kinds.values():
        before = path.read_bytes()
        path.write_bytes(malicious)
        for act in (lambda s: s.status(), lambda s: s.leaderboard(), lambda s: s.findings()):
            with suppress(InputError):
                act(Study.open(directory))
        path.write_bytes(before)
    assert not ran.exists()


@pytest.mark.parametrize("name", ["optimizer.pt", "trained.safetensors", "progress.json"])
def test_a_pickle_in_a_checkpoint_does_not_run(tmp_path, ran, malicious, name):
    (tmp_path / "progress.json").write_text(json.dumps({"epoch": 1, "objectives": [0.5]}))
    torch_archive(tmp_path / "optimizer.pt", ran)
    if name != "optimizer.pt":
        (tmp_path / name).write_bytes(malicious)

    class Learner:
        device = "cpu"

    with pytest.raises(DamagedCheckpointError):
        load_checkpoint(tmp_path, Learner())
    assert not ran.exists()


@pytest.mark.parametrize("kind", ["pickle.pth", "archive.pth", "pickle.safetensors"])
def test_a_pickle_for_weights_does_not_run(tmp_path, ran, malicious, kind):
    path = tmp_path / kind
    torch_archive(path, ran) if kind == "archive.pth" else path.write_bytes(malicious)
    with pytest.raises(InputError, match="cannot read weights"):
        read_weights(path)
    assert not ran.exists()


def test_a_pickle_in_the_cache_or_among_arrays_does_not_run(tmp_path, ran, malicious):
    import numpy as np

    (tmp_path / "e.npy").write_bytes(malicious)
    assert find_entry(tmp_path / "e.npy", shape=(1,), dtype=np.float32) is None
    objects = np.array([Payload(ran)], dtype=object)
    np.save(tmp_path / "e.npy", objects, allow_pickle=True)
    assert find_entry(tmp_path / "e.npy", shape=(1,), dtype=np.float32) is None
    np.savez(tmp_path / "a.npz", images=objects)
    with pytest.raises(InputError, match="cannot read"):
        arrays.load("a.npz", root=tmp_path, targets=(None,))
    assert not ran.exists()


def test_an_exported_model_runs_no_function_that_it_names(tmp_path, ran):
    backbone = {"source": "os:mkdir", "name": "m", "options": {"path": str(ran)}}
    config = {
        "backbone": backbone, "root": str(tmp_path), "head_depth": 0, "head_width": 1, "study": "s", "arm": "a",
        "tasks": [{"name": "t", "classes": ["a", "b"]}], "trial": 0, "seed_number": 0, "validation": {}, "test": {},
        "licences": {},
    }  # fmt: skip
    save_file({}, tmp_path / "model.safetensors")
    (tmp_path / "preprocessing.json").write_text('{"image_size": 8}')
    (tmp_path / "evil.py").write_text(f"import os\nos.mkdir({str(ran)!r})\ndef net(): ...")
    for source in ("os:mkdir", "evil.py:net", "evil:net"):
        backbone["source"] = source
        (tmp_path / "config.json").write_text(json.dumps(config))
        with pytest.raises(InputError, match="is not run because a file says so"):
            study.load_model(tmp_path)
    assert not ran.exists()


def test_a_record_runs_no_function_that_the_spec_does_not_name(tmp_path, ran):
    one = concluded(tmp_path / "run", {"good": 0.9}, trials=2, seeds=2, examples=50)
    store = RecordStore(one.directory)
    record = store.read_all()[0]
    net = record.plan.arm.backbone.model_copy(update={"source": "os:mkdir", "options": {"path": str(ran)}})
    arm = record.plan.arm.model_copy(update={"backbone": net})
    store.write(record.model_copy(update={"plan": record.plan.model_copy(update={"arm": arm})}))
    with pytest.raises(InputError, match="of an arm that the spec does not name"):
        Study.open(one.directory).replay(record.plan.number)
    assert not ran.exists()


def test_what_only_reads_imports_no_module_of_a_person(tmp_path, ran):
    """Neither one that the spec does not name, nor one that lies in the study directory, nor even those named."""
    own = tmp_path / "own"
    own.mkdir()
    one = concluded(tmp_path / "run", {"good": 0.9}, trials=2, seeds=2, examples=50)
    for folder in (own, one.directory):
        for name in ("parts.py", "cells.py", "sitecustomize.py", "conftest.py", "study.py"):
            (folder / name).write_text(f"import os\nos.mkdir({str(ran)!r})")
    one._directory.replace(one.spec, own)
    for command in ("status", "leaderboard", "trials", "report"):
        done = CliRunner().invoke(app, [command, str(one.directory)])
        assert done.exit_code == 0, done.output
    assert not ran.exists()


def test_only_the_module_that_is_named_is_imported(tmp_path, ran):
    from study.values.importing import resolve

    (tmp_path / "named.py").write_text("def net(): return 1")
    (tmp_path / "cells.py").write_text(f"import os\nos.mkdir({str(ran)!r})")
    (tmp_path / "json.py").write_text(f"import os\nos.mkdir({str(ran)!r})")
    assert resolve("named.py:net", root=tmp_path)() == 1
    assert resolve("named:net", root=tmp_path)() == 1
    assert not ran.exists()


def calls(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield ast.unparse(node.func), {word.arg: ast.unparse(word.value) for word in node.keywords}, node


def test_the_package_calls_nothing_that_executes_data():
    found = {}
    for path in PACKAGE.rglob("*.py"):
        for name, words, _ in calls(path):
            last = name.rpartition(".")[2]
            is_bad = (
                name in ("eval", "exec", "compile", "__import__", "os.system", "os.popen")
                or name.partition(".")[0] in ("marshal", "shelve", "dill", "joblib")
                or (last in ("load", "loads", "Unpickler") and "pickle" in name)
                or (name == "torch.load" and words.get("weights_only") != "True")
                or (name in ("yaml.load", "yaml.load_all", "yaml.Loader", "yaml.UnsafeLoader", "yaml.FullLoader"))
                or name.startswith("yaml.unsafe")
                or (name in ("np.load", "numpy.load") and words.get("allow_pickle") != "False")
                or words.get("shell") == "True"
            )
            if is_bad:
                found.setdefault(str(path.relative_to(PACKAGE)), set()).add(name)
        classes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)]
        if any("pickle" in ast.unparse(base) for node in classes for base in node.bases):
            found.setdefault(str(path.relative_to(PACKAGE)), set()).add("pickle.Unpickler")
    assert found.keys() == ALLOWED.keys(), found
