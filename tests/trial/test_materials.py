"""What trials of one process share of the cache: opened once, used by every later one."""

import os

import pytest
import torch
from test_trial import own_plan

from study.learning.cache.contents import kept_entries
from study.trial import materials as shared
from study.trial.materials import Materials
from study.trial.trial import Trial

NO_WEIGHTS = {"source": "parts.py:small_net", "weights": "none"}


def test_a_later_trial_with_the_same_cut_hashes_and_opens_nothing(tmp_path, monkeypatch):
    done = []
    digests, opening = shared.stage_digests, shared.open_features
    monkeypatch.setattr(shared, "stage_digests", lambda backbone: done.append("hashed") or digests(backbone))
    monkeypatch.setattr(shared, "open_features", lambda *a, **k: done.append("opened") or opening(*a, **k))
    materials = Materials()
    trials = [Trial(own_plan(tmp_path, depth=depth), materials) for depth in (1, 1, 2, 1)]
    assert done == ["hashed", "opened", "opened"], "once for the weights, and once a cut"
    uses = [next(trial.epochs()).features for trial in trials]
    assert [(use.hits, use.misses) for use in uses] == [(0, 1), (1, 0), (0, 1), (1, 0)]
    assert [trial.notes["features"] for trial in trials] == [
        "computed once and cached",
        "read from the cache",
        "computed once and cached, from those at depth 1",
        "read from the cache",
    ]
    values = [trial.learner.streams[0].inputs.values for trial in trials]
    assert values[0].data_ptr() == values[1].data_ptr() == values[3].data_ptr()


def test_what_a_trial_uses_counts_as_used_though_it_was_open_already(tmp_path):
    materials = Materials()
    Trial(own_plan(tmp_path), materials)
    for entry in kept_entries(tmp_path / "cache"):
        os.utime(entry.path, (0, entry.written_at))
    then = [entry.path.stat().st_atime for entry in kept_entries(tmp_path / "cache")]
    assert then == [0, 0]
    Trial(own_plan(tmp_path), materials)
    assert all(entry.path.stat().st_atime > 0 for entry in kept_entries(tmp_path / "cache"))


def test_random_weights_of_two_trials_do_not_share_features(tmp_path):
    materials = Materials()
    one = own_plan(tmp_path, depth=3, backbone=NO_WEIGHTS, protocol="linear_probe", tasks=[TASK])
    values = [
        Trial(plan, materials).learner.streams[0].inputs.values
        for plan in (one, one.model_copy(update={"seed": 9}), one)
    ]
    assert not torch.equal(values[0], values[1])
    assert torch.equal(values[0], values[2])


TASK = {"name": "digit", "data": "parts.py:two_labels", "target": "digit"}


def test_without_room_for_anything_the_metrics_are_the_same(tmp_path):
    kept = own_plan(tmp_path, depth=1)
    tight = kept.model_copy(update={"cache_gib": 0.0, "cache_dir": str(tmp_path / "tight")})
    for one, other in zip(Trial(kept).epochs(), Trial(tight).epochs(), strict=True):
        assert one.metrics == pytest.approx(other.metrics, abs=1e-4)
        assert other.notes["images"].startswith("decoded every epoch: ")
        assert other.notes["features"].startswith("computed every epoch: ")
    assert kept_entries(tmp_path / "tight") == []


def test_limits_of_another_trial_hold_for_it(tmp_path):
    materials = Materials()
    one = own_plan(tmp_path, depth=1)
    Trial(one, materials)
    smaller = Trial(one.model_copy(update={"feature_cache_gib": 1e-6}), materials)
    assert "larger than feature_cache_gib" in smaller.notes["features"]
