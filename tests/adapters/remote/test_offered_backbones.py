"""A backbone that one assessment kept is read from the URL by every process that trains the next one."""

from pathlib import Path

import pytest
import ray
from builders import arms, plan
from ray.util.placement_group import placement_group, remove_placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from study.adapters.remote.checkpoints import RemoteCheckpoints
from study.adapters.remote.object_store import ObjectStore
from study.adapters.tune.keys import FAILURE, MEMBERS, OVER, PLANS, RECORD, TEST, TRIAL
from study.adapters.tune.trainable import TuneTrial
from study.adapters.tune.training import set_up
from study.adapters.tune.worker_group import WorkerGroup
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.plan import Purpose
from study.values.records import EpochRecord
from study.values.variant import LeftOut, Transferred

OWN = Path(__file__).parents[2] / "own"
KEPT = "assessments/shared_representation/small_net/digit+odd/00003-seed0-without-digit/checkpoint"


@pytest.fixture
def plans(tmp_path):
    """Plans of training without digits, and of starting from there."""
    single, _, shared = arms(
        backbones=["parts.py:small_net"],
        tasks=[{"name": name, "data": "parts.py:two_labels", "target": name} for name in ("digit", "odd")],
    )
    common = {"root": str(OWN), "cache_dir": str(tmp_path / "cache"), "purpose": Purpose.ASSESSMENT, "epochs": 2}
    without = plan(3, arm=shared, variant=LeftOut(task="digit"), **common)
    return without, plan(0, arm=single, variant=Transferred(origin=without.folder, trial=3), **common)


@pytest.fixture
def kept(plans, tmp_path):
    """The first one's checkpoint, in the mirror of a study."""
    trainable = TuneTrial({PLANS: [plans[0].model_dump_json()]})
    results = [trainable.train() for _ in range(2)]
    assert (results[-1]["done"], results[-1]["should_checkpoint"]) == (True, True)
    assert not any(TEST in member for result in results for member in result[MEMBERS]), "test stays closed"
    folder = tmp_path / "mirror" / KEPT
    trainable.save_checkpoint(str(folder))
    return folder


def metrics_of(started):
    trainable = TuneTrial({PLANS: [started.model_dump_json()]})
    members = [member for _ in range(2) for member in trainable.train()[MEMBERS]]
    assert TEST in members[-1]
    return [EpochRecord.model_validate_json(member[RECORD]).metrics for member in members]


def test_it_is_there_for_all_nodes_before_the_studys_own_uploads_are(s3, plans, kept, tmp_path):
    home = RemoteCheckpoints(ObjectStore(s3.url("runs/offered")))
    assert home.find(KEPT) is None
    url = home.offer(KEPT, kept)
    assert url == s3.url(f"runs/offered/{KEPT}")
    assert s3.names(f"runs/offered/{KEPT}") == {path.name for path in kept.iterdir()}
    assert home.offer(KEPT, tmp_path / "another machine") == url
    assert home.offer(f"{KEPT}-gone", tmp_path / "another machine") is None
    here, there = (plans[1].model_copy(update={"backbone_checkpoint": place}) for place in (str(kept), url))
    assert metrics_of(there) == metrics_of(here)


def test_a_backbone_that_is_gone_fails_the_trial_in_one_sentence(s3, plans):
    gone = plans[1].model_copy(update={"backbone_checkpoint": s3.url("runs/gone/checkpoint")})
    [member] = TuneTrial({PLANS: [gone.model_dump_json()]}).train()[MEMBERS]
    assert "no whole checkpoint" in member[FAILURE]


def test_an_actor_that_died_after_the_last_epoch_of_a_backbone_has_nothing_left_to_do(plans, kept):
    whole = plans[0].model_copy(update={"checkpoint": str(kept)})
    result = TuneTrial({PLANS: [whole.model_dump_json()], MEMBERS: [whole.folder]}).train()
    assert result["done"]
    assert result[MEMBERS] == [{TRIAL: whole.folder, OVER: True}]


@ray.remote(num_cpus=1)
def first_worker(started):
    group = WorkerGroup(timeout_s=120)
    found = [epoch.metrics for epoch in group.epochs(set_up(started, Materials()))]
    group.close()
    return found


@pytest.mark.ray
def test_several_workers_start_from_it_together(s3, plans, kept, local_ray):
    url = RemoteCheckpoints(ObjectStore(s3.url("runs/together"))).offer(KEPT, kept)
    exact = plans[1].hyperparameters.model_copy(update={"freezing_depth": 3, "head_learning_rate": 0.01})
    started = plans[1].model_copy(update={"backbone_checkpoint": url, "num_workers": 2, "hyperparameters": exact})
    bundles = placement_group([{"CPU": 1}, {"CPU": 1}], strategy="STRICT_PACK")
    strategy = PlacementGroupSchedulingStrategy(bundles, 0, placement_group_capture_child_tasks=True)
    try:
        together = ray.get(first_worker.options(scheduling_strategy=strategy).remote(started))
    finally:
        remove_placement_group(bundles)
    alone = Trial(started.model_copy(update={"backbone_checkpoint": str(kept)}))
    for one, other in zip(together, alone.epochs(), strict=True):
        assert one == pytest.approx(other.metrics, abs=1e-5)
