"""Workers of a trial in real Ray processes: what they train, and what becomes of a trial when one fails."""

import shutil
from pathlib import Path

import pytest
import ray
import torch
from builders import plan
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from study.adapters.tune.peer_errors import WorkerLostError
from study.adapters.tune.worker_group import WorkerGroup
from study.learning.ranks import Ranks
from study.orchestration.study import Study
from study.trial.trial import Trial, run_trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.spec import StudySpec
from study.values.states import TrialState

pytestmark = pytest.mark.ray

OWN = Path(__file__).parents[2] / "own"


@pytest.fixture
def own(tmp_path):
    for name in ("parts.py", "fragile.py"):
        shutil.copy(OWN / name, tmp_path)
    return tmp_path


def planned(root, *, epochs=3, **values):
    tasks = [{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}]
    spec = StudySpec.model_validate({"name": "t", "backbones": ["fragile.py:small_net"], "tasks": tasks})
    whole = {"freezing_depth": 1, "head_learning_rate": 0.01, "backbone_learning_rate": 0.003, "batch_size": 32}
    return plan(
        0,
        arm=build_arms(spec)[0],
        hyperparameters=Hyperparameters.model_validate({**whole, **values}),
        epochs=epochs,
        num_workers=2,
        root=str(root),
        cache_dir=str(root / "cache"),
    )


@ray.remote(num_cpus=1)
def first_worker(plans, root):
    """Do what a trial's actor does, trial after trial; return what came of each."""

    def outcome(text):
        trial = Trial(text, ranks=Ranks(size=2))
        try:
            return [epoch.metrics for epoch in group.epochs(trial)]
        except Exception as error:
            return type(error), str(error)

    def peers():
        return [ray.get(peer.__ray_call__.remote(lambda peer: id(peer))) for peer in group._peers]

    found = {}
    group = WorkerGroup(timeout_s=120)
    sound, diverging, halfway = plans
    found["sound"] = outcome(sound)
    found["notes"] = Trial(sound).notes
    found["threads"] = [(torch.get_num_threads(), torch.get_num_interop_threads())]
    found["threads"] += ray.get([peer.threads.remote() for peer in group._peers])
    before = peers()
    found["diverging"] = outcome(diverging)
    found["after diverging"] = outcome(sound)
    found["same peers"] = peers() == before

    begun = Trial(halfway, ranks=Ranks(size=2))
    next(group.epochs(begun))
    begun.save(root / "checkpoint")
    found["halfway"] = outcome(halfway.model_copy(update={"checkpoint": str(root / "checkpoint")}))

    for trouble in ("killed", "raises"):
        (root / "trouble").write_text(trouble)
        found[trouble] = outcome(sound)
        found[f"peers after {trouble}"] = len(group._peers)
    found["after trouble"] = outcome(sound)
    group.close()
    return found


@pytest.fixture
def found(own, local_ray):
    diverging = {"optimizer": "sgd", "momentum": 0.0, "head_learning_rate": 1e30}
    plans = planned(own), planned(own, **diverging), planned(own)
    bundles = placement_group([{"CPU": 1}, {"CPU": 1}], strategy="STRICT_PACK")
    strategy = PlacementGroupSchedulingStrategy(bundles, 0, placement_group_capture_child_tasks=True)
    try:
        yield ray.get(first_worker.options(scheduling_strategy=strategy).remote(plans, own)), plans[0]
    finally:
        remove_placement_group(bundles)


def close(one, other):
    return all(first == pytest.approx(second, abs=1e-5, nan_ok=True) for first, second in zip(one, other, strict=True))


def test_workers_train_together_and_outlive_what_goes_wrong(found):
    results, sound = found
    alone = [epoch.metrics for epoch in run_trial(sound)]
    assert close(results["sound"], alone)
    assert results["notes"]["features"] == "read from the cache"
    assert results["threads"] == [(1, 1), (1, 1)]

    kind, message = results["diverging"]
    assert kind.__name__ == "TrainingError"
    assert "loss is not finite at step" in message
    assert "digit" in message
    assert results["same peers"], "a diverging trial leaves its workers fit for the next"
    assert close(results["after diverging"], alone)

    assert close(results["halfway"], alone[1:]), "peers go on from where rank 0 has its checkpoint"

    assert results["killed"][0] is WorkerLostError
    assert results["raises"] == (MemoryError, "no room for this batch")
    assert results["peers after killed"] == results["peers after raises"] == 0
    assert close(results["after trouble"], alone), "the next trial gets new ones"


def test_a_study_survives_the_death_of_a_worker(own, local_ray):
    (own / "trouble").write_text("killed")
    spec = StudySpec.model_validate(
        {
            "name": "two-workers",
            "backbones": ["fragile.py:small_net"],
            "tasks": [{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}],
            "search": {"trials": 2, "space": "fragile.py:unfrozen_end", "scheduler": {"kind": "none"}},
            "budget": {"epochs": 2},
            "resources": {"workers_per_trial": 2, "cache_dir": str(own / "cache")},
            "assessment": {"seeds": 1},
        }
    )
    study = Study(spec, own / "run", root=own)
    study.run(quiet=True)
    assert not (own / "trouble").exists(), "a worker was killed"
    records = study._records().read_all()
    assert [record.state for record in records] == [TrialState.COMPLETE] * 3
    assert {(record.plan.num_workers, record.plan.num_threads) for record in records} == {(2, 1)}
    replayed = study.replay(0)
    assert replayed.same, replayed.differences
