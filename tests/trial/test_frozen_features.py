"""Frozen features: what a linear probe is trained on, and nothing that it is judged by."""

import numpy as np
import pytest
import torch
from test_trial import OWN, TASKS, own_plan

from study.trial.frozen_features import frozen_features
from study.trial.materials import Materials
from study.trial.trial import Trial

NO_WEIGHTS = {"source": "parts.py:small_net", "weights": "none"}


def probe_plan(tmp_path, task=TASKS[0], **changes):
    return own_plan(tmp_path, depth=3, protocol="linear_probe", tasks=[task], **changes)


def trained_on(plan):
    """Return the features and labels that a linear probe is trained on."""
    trial = Trial(plan)
    [stream] = trial.learner.streams
    with torch.inference_mode():
        features = trial.model.features(stream.inputs.batch(stream.train, trial.device), stream.start)
    return features.numpy(), stream.labels[0, stream.train].numpy()


@pytest.mark.parametrize("backbone", ["parts.py:small_net", NO_WEIGHTS], ids=["pretrained", "random"])
def test_they_are_what_a_linear_probe_is_trained_on(tmp_path, backbone):
    plan = probe_plan(tmp_path, backbone=backbone)
    features, labels = trained_on(plan)
    found = frozen_features(plan, Materials())
    assert found.features.shape == (360, 32)
    assert (found.features.dtype, found.labels.dtype) == (np.float32, np.int64)
    assert np.array_equal(found.features, features)
    assert np.array_equal(found.labels, labels)


def test_they_are_of_the_training_split_alone(tmp_path):
    plan = probe_plan(tmp_path)
    materials = Materials()
    [task] = materials.tasks(plan)
    assert np.array_equal(frozen_features(plan, materials).labels, task.labels[task.splits.train])


def test_a_linear_probe_finds_them_in_the_cache_and_they_are_found_there_after_one(tmp_path):
    assert frozen_features(probe_plan(tmp_path), Materials()).notes["features"] == "computed once and cached"
    assert Trial(probe_plan(tmp_path)).notes["features"] == "read from the cache"
    # Another task on the same images, another process.
    assert frozen_features(probe_plan(tmp_path, TASKS[0]), Materials()).notes["features"] == "read from the cache"


def test_what_is_not_cached_is_the_same(tmp_path):
    cached = frozen_features(probe_plan(tmp_path), Materials())
    computed = frozen_features(probe_plan(tmp_path, feature_cache_gib=0.0), Materials())
    assert computed.notes["features"] == "feature cache is off"
    assert computed.features == pytest.approx(cached.features, abs=1e-5)


def test_examples_without_a_label_are_left_out(tmp_path):
    (tmp_path / "some.py").write_text(
        (OWN / "parts.py").read_text() + "def some():\n"
        "    images, labels = two_labels()\n"
        "    digit = labels['digit'].copy()\n"
        "    digit[::3] = -1\n"
        "    return images, digit\n"
    )
    task = {"name": "digit", "data": "some.py:some"}
    plan = probe_plan(tmp_path, task, root=str(tmp_path), backbone="some.py:small_net")
    found = frozen_features(plan, Materials())
    assert found.labels.min() == 0
    assert len(found.features) == len(found.labels) == 240


def test_nothing_of_the_process_is_changed(tmp_path):
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    frozen_features(probe_plan(tmp_path, backbone=NO_WEIGHTS), Materials())
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)
