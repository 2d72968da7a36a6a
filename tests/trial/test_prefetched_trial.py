"""Trials whose batches are fetched ahead of time are bit by bit those that read them when they are wanted."""

import threading
from dataclasses import replace

import pytest
import torch
from PIL import Image
from test_pack import OWN_DATA, VARIED, by_trial, plans
from test_table_trial import MLP
from test_table_trial import TASKS as TABLE
from test_text_trial import planned as text_plan
from test_trial import OWN, own_plan
from tiny_encoders import write_encoder, write_reviews

from study.learning.feature_cache import FeatureCache
from study.learning.inputs import Inputs
from study.parts.corruptions import CORRUPTIONS
from study.trial.assessment import assess
from study.trial.materials import Materials
from study.trial.pack import TrialPack
from study.trial.robustness import CorruptedImages
from study.trial.trial import Trial
from study.values.plan import Purpose
from study.values.problems import InputError

SHARED = "shared_representation"
IMAGES = {
    "images": {"depth": 0},
    "augmented": {"depth": 0, "values": {"augmentation": "crop", "dropout": 0.3}},
    "features": {"depth": 1, "values": {"dropout": 0.3}},
    "views": {"depth": 1, "cached_views": 2, "values": {"augmentation": "crop"}},
    "mixed": {
        "depth": 0,
        "values": {"cutmix_alpha": 1.0, "mixup_alpha": 0.4, "sam_radius": 0.05, "augmentation": "flip"},
    },
    "in parts": {"depth": 1, "values": {"mixup_alpha": 0.4, "accumulation_steps": 3}},
    "several data sets": {"depth": 1, "protocol": SHARED, "tasks": OWN_DATA},
    "drawn by size": {"depth": 0, "protocol": SHARED, "tasks": OWN_DATA, "values": {"task_sampling_exponent": 0.5}},
    "one step of all": {"depth": 1, "protocol": SHARED, "tasks": OWN_DATA, "values": {"task_balancing": "pcgrad"}},
    "looked at twice": {"depth": 0, "protocol": SHARED, "values": {"task_balancing": "famo", "augmentation": "crop"}},
}


class Watched(Inputs):
    """Other inputs, and by which threads they are fetched."""

    def __init__(self, inputs):
        self.inputs, self.threads = inputs, []

    @property
    def on_host(self):
        return self.inputs.on_host

    def fetch(self, rows):
        self.threads.append(threading.current_thread())
        return self.inputs.fetch(rows)

    def prepare(self, fetched, device):
        assert threading.current_thread() is threading.main_thread()
        return self.inputs.prepare(fetched, device)


def fetching_ahead(planned, materials):
    """Return a trial that fetches ahead; what it fetches is watched."""
    trial = Trial(planned, materials)
    trial.learner.streams = [
        replace(
            stream,
            inputs=Watched(stream.inputs),
            augmented=None if stream.augmented is None else Watched(stream.augmented),
            ahead=True,
        )
        for stream in trial.learner.streams
    ]
    return trial


def outcome(trial):
    """Return every metric and the weights that came of it."""
    metrics = [record.metrics for record in trial.epochs()]
    return metrics, {name: value.clone() for name, value in trial.model.state_dict().items()}


def assert_same_either_way(planned):
    materials = Materials()
    expected_metrics, expected = outcome(Trial(planned, materials))
    trial = fetching_ahead(planned, materials)
    metrics, weights = outcome(trial)
    assert metrics == expected_metrics
    assert all(torch.equal(weights[name], value) for name, value in expected.items())
    return trial


@pytest.mark.parametrize("case", IMAGES)
def test_trials_on_images_are_the_same(tmp_path, case):
    trial = assert_same_either_way(own_plan(tmp_path, **IMAGES[case]))
    for stream in trial.learner.streams:
        read = stream.inputs if stream.augmented is None else stream.augmented
        fetched_by = {thread for thread in read.threads if thread is not threading.main_thread()}
        assert bool(fetched_by) == read.on_host
        assert not any(thread.is_alive() for thread in fetched_by)


def test_trials_on_tables_are_the_same(tmp_path):
    assert_same_either_way(own_plan(tmp_path, backbone=MLP, tasks=TABLE, depth=0))


def test_trials_on_texts_are_the_same(tmp_path):
    write_reviews(tmp_path / "reviews.csv")
    write_encoder(tmp_path / "bert", "bert")
    assert_same_either_way(text_plan(tmp_path, tmp_path / "cache", depth=0, epochs=1))


def test_a_resumed_trial_goes_on_as_the_undisturbed_one(tmp_path):
    planned = own_plan(tmp_path, depth=0, epochs=3, values={"augmentation": "crop", "mixup_alpha": 0.4})
    materials = Materials()
    undisturbed, _ = outcome(Trial(planned, materials))
    trial = fetching_ahead(planned, materials)
    epochs = trial.epochs()
    first = next(epochs).metrics
    trial.save(tmp_path / "kept")
    resumed = fetching_ahead(planned.model_copy(update={"checkpoint": str(tmp_path / "kept")}), materials)
    assert [first, *outcome(resumed)[0]] == undisturbed


@pytest.mark.parametrize("feature_cache_gib", [1.0, 0.0])
def test_packs_are_the_same(tmp_path, feature_cache_gib):
    changes = {"protocol": SHARED, "tasks": OWN_DATA, "feature_cache_gib": feature_cache_gib}
    planned = plans(tmp_path, VARIED[:3], **changes)
    expected = by_trial(TrialPack(planned), 3)
    watched = []

    def set_up(plan, materials):
        watched.append(fetching_ahead(plan, materials))
        return watched[-1]

    found = by_trial(TrialPack(planned, set_up=set_up), 3)
    assert [[record.metrics for record in one] for one in found] == [[r.metrics for r in one] for one in expected]
    [inputs, _] = [stream.inputs for stream in watched[0].learner.streams]
    assert isinstance(inputs.inputs, FeatureCache) == (feature_cache_gib > 0)
    assert set(inputs.threads) - {threading.main_thread()}


def test_an_assessment_is_the_same(tmp_path):
    planned = own_plan(tmp_path, depth=0, epochs=1, purpose=Purpose.ASSESSMENT)
    materials, found = Materials(), []
    for set_up in (Trial, fetching_ahead):
        trial = set_up(planned, materials)
        list(trial.epochs())
        found.append(assess(trial))
    assert found[0].scores == found[1].scores


OWN_DATASETS = """
import sqlite3
import numpy as np
import torch
from torch.utils.data import Dataset

class Photos(Dataset):
    targets = [number % 2 for number in range(200)]

    def __init__(self):
        self.database = sqlite3.connect(":memory:")  # refuses every other thread
        self.database.execute("create table photos (number integer primary key)")
        self.database.executemany("insert into photos values (?)", [(number,) for number in range(200)])

    def __len__(self):
        return 200

    def __getitem__(self, index):
        [value] = self.database.execute("select number from photos where number = ?", (int(index),)).fetchone()
        torch.rand(())  # of the generator that training draws from
        return np.full((8, 8, 3), value, dtype=np.uint8), index % 2

def photos():
    return Photos()

def halves():
    return {"train": Photos(), "test": Photos()}
"""


@pytest.mark.parametrize("data", ["photos", "halves"])
@pytest.mark.parametrize("augmentation", ["none", "crop"])
def test_a_data_set_of_ones_own_is_read_by_the_thread_that_trains(tmp_path, data, augmentation):
    (tmp_path / "own_sets.py").write_text(OWN_DATASETS)
    (tmp_path / "small.py").write_text((OWN / "parts.py").read_text())
    tasks = [{"name": "odd", "data": f"own_sets.py:{data}"}]
    changes = {"backbone": "small.py:small_net", "root": str(tmp_path), "tasks": tasks, "cache_gib": 0.0, "depth": 0}
    trial = assert_same_either_way(own_plan(tmp_path, values={"augmentation": augmentation}, **changes))
    assert trial.notes["images"].startswith("decoded every epoch")
    [stream] = trial.learner.streams
    assert not stream.inputs.on_host
    assert not CorruptedImages(stream.inputs.inputs, CORRUPTIONS["gaussian_noise"], 1).on_host


def test_images_of_ones_own_that_are_decoded_beforehand_are_fetched_ahead(tmp_path):
    (tmp_path / "own_sets.py").write_text(OWN_DATASETS)
    (tmp_path / "small.py").write_text((OWN / "parts.py").read_text())
    tasks = [{"name": "odd", "data": "own_sets.py:photos"}]
    trial = Trial(own_plan(tmp_path, backbone="small.py:small_net", root=str(tmp_path), tasks=tasks, depth=0))
    assert trial.learner.streams[0].inputs.on_host


def test_an_image_that_cannot_be_read_fails_the_trial_with_the_same_words(tmp_path):
    for number in range(200):
        kind = tmp_path / "photos" / ("even", "odd")[number % 2]
        kind.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8), (number, number, number)).save(kind / f"{number}.png")
    (tmp_path / "small.py").write_text((OWN / "parts.py").read_text())
    tasks = [{"name": "odd", "data": f"folder:{tmp_path / 'photos'}"}]
    changes = {"backbone": "small.py:small_net", "root": str(tmp_path), "tasks": tasks, "cache_gib": 0.0, "depth": 0}
    planned = own_plan(tmp_path, values={"batch_size": 10}, **changes)
    probe = Trial(planned)
    images = probe.tasks[0].inputs
    broken = images.base / images.paths[int(probe.tasks[0].splits.train[100])]
    broken.write_bytes(broken.read_bytes()[:40])
    said = []
    for set_up in (Trial, fetching_ahead):
        trial = set_up(planned, Materials())
        assert trial.notes["images"].startswith("decoded every epoch")
        with pytest.raises(InputError, match=f"cannot read the image .*{broken.name}") as caught:
            trial.train_epoch()
        said.append((str(caught.value), trial.learner.schedule.last_epoch))
    assert said[0] == said[1], "the same words, after as many steps"
    [stream] = trial.learner.streams
    assert stream.inputs.threads
    assert not any(thread.is_alive() for thread in stream.inputs.threads if thread is not threading.main_thread())
