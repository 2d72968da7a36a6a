"""The readers that are fuzzed: what each reads, and real content of its file."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import builders
import numpy as np
import optuna
import torch
from safetensors.torch import save_file

import study
from study.adapters.optuna_search.asked_file import AskedFile
from study.adapters.record_store import RecordStore
from study.adapters.records.seal import sealed
from study.adapters.remote.index import MirrorIndex
from study.adapters.tensorboard.event_files import needs_rewriting, read_events, write_alone
from study.learning.cache.contents import KeptEntry
from study.learning.cache.entry import find_entry
from study.learning.cache.entry_file import write_array
from study.learning.checkpoint import load_checkpoint, save_checkpoint
from study.learning.loop import Learner
from study.learning.manifest import check_manifest, check_sizes, write_manifest
from study.learning.model import AdaptedModel
from study.orchestration.directory import StudyDirectory
from study.parts.backbones.text.model_folder import ModelFolder
from study.parts.backbones.weights_file import read_weights
from study.parts.tasks.sources import arrays, manifest, row_table, texts
from study.trial.affinity import Affinity, load_affinities
from study.trial.out_of_distribution import OtherScore, load_out_of_distribution, save_out_of_distribution
from study.trial.predictions import Predictions, load_predictions, save_predictions
from study.trial.robustness import CorruptedScore, load_robustness, save_robustness
from study.values.metric_names import Split
from study.values.problems import InputError
from study.values.spec.reading import read
from study.values.states import TrialState

SPEC = b"""\
name: birds
protocols: [fine_tuning, linear_probe]
backbones:
  - resnet18
  - {source: resnet18, weights: none, options: &some {depth: 3}}
tasks:
  - {name: species, data: "manifest:birds.csv", target: species, options: *some, split: {test: 0.1}}
search: {trials: 40, sampler: tpe, scheduler: {kind: asha}, space: {fine_tuning: "mine.py:space"}}
budget: {epochs: 20, wall_clock_s: 1e4}
resources: {cpus_per_trial: 2, gpus_per_trial: 0.5}
assessment: {seeds: 5, few_shot: [1, 5]}
storage: {url: "postgresql://me:pw@host/db"}
"""
RECORD = builders.record(3, epochs=2, state=TrialState.COMPLETE, reason="\N{SNOWMAN}")


class Target:
    """A reader of a file, and what is really in it."""

    def __init__(self, path: Path, real: list[bytes], act: Callable[[Path], object]) -> None:
        self.path, self.real, self.act = path, real, act


def _spec(folder):
    return Target(folder / "s.yaml", [SPEC], lambda path: read(path))


def _trial(folder):
    store = RecordStore(folder)
    for epoch in RECORD.epochs:
        store.append(RECORD.plan, epoch)
    store.write(RECORD)
    return store, folder / RECORD.plan.folder


def _trial_file(folder):
    store, place = _trial(folder)
    path = place / "trial.json"
    bare = RECORD.model_dump_json(exclude={"epochs"}).encode()
    return Target(path, [bare, path.read_bytes()], lambda _: (store.damaged(), store.read_all()))


def _epochs_file(folder):
    store, place = _trial(folder)
    path = place / "epochs.jsonl"
    bare = b"".join(epoch.model_dump_json().encode() + b"\n" for epoch in RECORD.epochs)
    return Target(path, [bare, path.read_bytes()], lambda _: (store.damaged(), store.read_all()))


def _manifest(folder):
    (folder / "progress.json").write_text(json.dumps({"epoch": 1, "listed": True}))
    write_manifest(folder, of="trials/x")
    path = folder / "manifest.json"

    def act(path):
        for check in (lambda: check_manifest(folder, of="trials/x"), lambda: check_sizes("x", {}, path.read_bytes())):
            is_refused(check)

    return Target(path, [path.read_bytes()], act)


def _checkpoint(name):
    def make(folder):
        learner = _learner()
        save_checkpoint(folder, learner, 1, [0.5])
        return Target(folder / name, [(folder / name).read_bytes()], lambda _: load_checkpoint(folder, learner))

    return make


def _learner():
    from torch import nn, optim

    layers = [nn.Linear(2, 2) for _ in range(2)]
    backbone = study.Backbone(layers[:1], feature_width=2, preprocessing=study.Preprocessing(image_size=8))
    model = AdaptedModel(backbone, layers[1:], 0)
    optimizer = optim.Adam([{"params": layer.parameters(), "lr": 0.1} for layer in layers])
    layers[1](layers[0](torch.ones(1, 2))).sum().backward()
    optimizer.step()
    return Learner(
        model=model,
        streams=[],
        task_names=["t"],
        objectives=[],
        weights=[1.0],
        optimizer=optimizer,
        schedule=optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1.0),
        batch_size=8,
        device=torch.device("cpu"),
    )


def _predictions(folder):
    arrays = {"examples": np.arange(4), "logits": np.ones((4, 3), np.float32), "labels": np.arange(4) % 3}
    one = Predictions(task="t", split=Split.TEST, classes=("a", "b", "c"), **arrays)
    several = replace(one, task="several", labels=np.eye(4, 3, dtype=np.int8))
    save_predictions(folder, [one, several])
    path = folder / "predictions.safetensors"
    return Target(path, [path.read_bytes()], lambda _: load_predictions(folder))


def _robustness(folder):
    save_robustness(folder, [CorruptedScore(task="t", corruption="blur", severity=2, score=0.5)])
    path = folder / "robustness.json"
    return Target(path, [path.read_bytes()], lambda _: load_robustness(folder))


def _out_of_distribution(folder):
    save_out_of_distribution(folder, [OtherScore(task="t", data="d", num_examples=3, metrics={"accuracy": 0.5})])
    path = folder / "out_of_distribution.json"
    return Target(path, [path.read_bytes()], lambda _: load_out_of_distribution(folder))


def _affinity(folder):
    real = [Affinity(epoch=1, source="a", target="b", value=0.5).model_dump()]
    return Target(folder / "affinity.json", [json.dumps(real).encode()], lambda _: load_affinities(folder))


def _entry(folder):
    path = folder / "e.npy"
    with path.open("w+b") as file:
        write_array(file, (3, 4), np.dtype(np.float32), [np.ones((3, 4), np.float32)])
    kept = KeptEntry(kind="features", path=path, num_bytes=0, written_at=0, used_at=0)
    act = lambda _: (find_entry(path, shape=(3, 4), dtype=np.float32), kept.shape(), kept.damage())  # noqa: E731
    return Target(path, [path.read_bytes()], act)


def _csv_table(folder):
    (folder / "a.png").write_bytes(b"")
    text = io.StringIO()
    csv.writer(text).writerows([["image", "y", "part"], ["a.png", "1", "train"], ["a.png", "0", "train"]])

    def act(_):
        manifest.load("t.csv", root=folder, targets=("y",), split_column="part")

    return Target(folder / "t.csv", [text.getvalue().encode()], act)


def _parquet_table(folder):
    import pyarrow
    from pyarrow import parquet

    names = ["a.png", "b.png", "c.png"]
    for name in names:
        (folder / name).write_bytes(b"")
    path = folder / "t.parquet"
    parquet.write_table(pyarrow.table({"image": names, "y": [1, None, 2]}), path)
    return Target(path, [path.read_bytes()], lambda _: manifest.load("t.parquet", root=folder, targets=("y",)))


def _jsonl_table(folder):
    rows = [{"text": f"so many as {n}", "y": y} for n, y in enumerate(["a", "b", None])]
    real = "".join(json.dumps(row) + "\n" for row in rows).encode()
    return Target(folder / "t.jsonl", [real], lambda _: texts.load("t.jsonl", root=folder, targets=("y",)))


def _table_of_numbers(folder):
    real = b"a,b,y\n1,0.5,x\n2,1e3,z\n"
    return Target(folder / "t.csv", [real], lambda _: row_table.load("t.csv", root=folder, targets=("y",)))


def _arrays(folder):
    path = folder / "a.npz"
    np.savez(path, images=np.zeros((4, 2, 2), np.uint8), y=np.arange(4), split=np.array(["train"] * 4))
    return Target(path, [path.read_bytes()], lambda _: arrays.load("a.npz", root=folder, targets=("y",)))


def _events(folder):
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary

    one = Event(step=1, wall_time=1, summary=Summary(value=[Summary.Value(tag="a/b", simple_value=1)]))
    write_alone(folder, "x", [one, one])
    [path] = folder.iterdir()
    return Target(path, [path.read_bytes()], lambda _: (list(read_events(folder)), needs_rewriting([folder], ["a/b"])))


def _asked(folder):
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    found = optuna.create_study()
    for _ in range(2):
        trial = found.ask()
        trial.suggest_int("a", 1, 9)
        trial.suggest_float("b", 1e-4, 1, log=True)
        trial.suggest_categorical("c", ["x", None, 2])
    file = AskedFile(folder / "asked.jsonl")
    for number, trial in enumerate(found.trials):
        file.append("s", number, trial)
    lines = (folder / "asked.jsonl").read_bytes()
    bare = b"".join(
        json.dumps({key: value for key, value in json.loads(line).items() if key != "checksum"}).encode() + b"\n"
        for line in lines.splitlines()
    )
    return Target(folder / "asked.jsonl", [bare, lines], lambda _: file.read())


def _index(folder):
    real = json.dumps({"token": "t", "files": {"a": [[1, 2], None], "b": [[1, 2], [3, 4]]}}).encode()
    return Target(folder / "index.json", [real], MirrorIndex.load)


def _root(folder):
    directory = StudyDirectory(folder)
    text = json.dumps({"root": "/spec"})
    return Target(folder / "root.json", [text.encode(), sealed(text).encode()], lambda _: directory.root())


def _weights(suffix):
    def make(folder):
        path = folder / f"w{suffix}"
        if suffix == ".pth":
            torch.save({"a": torch.ones(2, 3), "b": torch.zeros(3)}, path)
        else:
            save_file({"a": torch.ones(2, 3), "b": torch.zeros(3)}, path)
        return Target(path, [path.read_bytes()], read_weights)

    return make


def _text_model(name, real):
    def make(folder):
        path = folder / name
        save_file({"a": torch.ones(2, 3)}, folder / "one.safetensors")
        read_it = ModelFolder(folder).config if name == "config.json" else ModelFolder(folder).weights
        return Target(path, [json.dumps(real).encode()], lambda _: read_it())

    return make


def _exported(name):
    def make(folder):
        config = {
            "backbone": {"source": "own.py:small", "name": "s", "weights": "none"}, "root": "/", "head_depth": 1,
            "head_width": 4, "tasks": [{"name": "t", "classes": ["a", "b"]}], "study": "s", "arm": "a/b/c", "trial": 1,
            "seed_number": 0, "validation": {}, "test": {}, "licences": {},
        }  # fmt: skip
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "preprocessing.json").write_text(study.Preprocessing(image_size=8).model_dump_json())
        from torch import nn

        shapes = {"backbone.stages.0.0.weight": (2, 3, 3, 3), "backbone.stages.0.0.bias": (2,)}
        shapes |= {
            "heads.0.1.weight": (4, 2),
            "heads.0.1.bias": (4,),
            "heads.0.4.weight": (2, 4),
            "heads.0.4.bias": (2,),
        }
        save_file({key: torch.ones(shape) for key, shape in shapes.items()}, folder / "model.safetensors")

        def small():
            stage = nn.Sequential(nn.Conv2d(3, 2, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
            return study.Backbone([stage], feature_width=2, preprocessing=study.Preprocessing(image_size=8))

        def act(_):
            study.load_model(folder, backbone=small)

        return Target(folder / name, [(folder / name).read_bytes()], act)

    return make


TARGETS = {
    "spec": _spec,
    "trial record": _trial_file,
    "epochs": _epochs_file,
    "manifest of a checkpoint": _manifest,
    "progress of a checkpoint": _checkpoint("progress.json"),
    "optimizer of a checkpoint": _checkpoint("optimizer.pt"),
    "weights of a checkpoint": _checkpoint("trained.safetensors"),
    "predictions": _predictions,
    "robustness": _robustness,
    "out of distribution": _out_of_distribution,
    "affinity": _affinity,
    "cache entry": _entry,
    "csv": _csv_table,
    "parquet": _parquet_table,
    "jsonl": _jsonl_table,
    "table of numbers": _table_of_numbers,
    "npz": _arrays,
    "events": _events,
    "asked": _asked,
    "index of a mirror": _index,
    "root": _root,
    ".pth": _weights(".pth"),
    ".safetensors": _weights(".safetensors"),
    "config of a text model": _text_model("config.json", {"model_type": "bert", "hidden_size": 8, "vocab_size": 9}),
    "weights in parts": _text_model("model.safetensors.index.json", {"weight_map": {"a": "one.safetensors"}}),
    "exported config": _exported("config.json"),
    "exported preprocessing": _exported("preprocessing.json"),
    "exported weights": _exported("model.safetensors"),
}
SLOW = {"config of a text model", "exported config", "exported preprocessing", "exported weights", "spec"}
"""Those of which a second is worth tens of inputs, not thousands."""


def is_refused(act: Callable[[], object]) -> bool:
    """Whether what a reader does ends in the one error that is documented; any other is raised."""
    try:
        act()
    except InputError:
        return True
    return False


def takes(target: Target, content: bytes) -> bool:
    """Whether a reader returns, its file holding some content; anything but the documented error is raised."""
    target.path.write_bytes(content)
    return not is_refused(lambda: target.act(target.path))
