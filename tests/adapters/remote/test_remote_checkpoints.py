"""A trial goes on from a checkpoint at a URL, as it would have undisturbed."""

from pathlib import Path

import pytest
from builders import arms, plan

from study.adapters.checkpoint_shelf import CheckpointShelf
from study.adapters.remote.checkpoints import RemoteCheckpoints
from study.adapters.remote.object_store import ObjectStore
from study.adapters.tune.trainable import EPOCH, MEMBERS, OBJECTIVE, PLANS, RECORD, TuneTrial
from study.values.plan import Purpose
from study.values.records import EpochRecord

OWN = Path(__file__).parents[2] / "own"


@pytest.fixture
def own_plan(tmp_path):
    [arm] = arms(
        protocols=["fine_tuning"],
        backbones=["parts.py:small_net"],
        tasks=[{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}],
    )
    return plan(arm=arm, root=str(OWN), cache_dir=str(tmp_path / "cache"), feature_cache_gib=0)


def test_a_trial_goes_on_from_a_checkpoint_at_a_url(s3, own_plan, tmp_path):
    store = ObjectStore(s3.url("runs/checkpoints"))
    home = RemoteCheckpoints(store)
    undisturbed = TuneTrial({PLANS: [own_plan.model_dump_json()]})
    assert undisturbed.train()[MEMBERS][0][EPOCH] == 1
    undisturbed.save_checkpoint(str(tmp_path / "saved"))
    for path in (tmp_path / "saved").iterdir():
        store.upload(path, f"checkpoints/sweep-0/trial/checkpoint_000000/{path.name}")

    shelf = CheckpointShelf(home, tmp_path / "mirror")
    assert shelf.sweep == "sweep-1"
    relative = shelf.put(own_plan, f"{home.folder}/sweep-0/trial/checkpoint_000000")
    assert relative == "checkpoints/sweep-0/trial/checkpoint_000000"
    found = home.find(relative)
    assert found == s3.url(f"runs/checkpoints/{relative}")
    resumed = TuneTrial({PLANS: [own_plan.model_copy(update={"checkpoint": found}).model_dump_json()]})
    [again], [expected] = resumed.train()[MEMBERS], undisturbed.train()[MEMBERS]
    assert (again[EPOCH], again[OBJECTIVE]) == (2, expected[OBJECTIVE])

    assessed = own_plan.model_copy(update={"purpose": Purpose.ASSESSMENT})
    kept = shelf.put(assessed, f"{home.folder}/sweep-0/trial/checkpoint_000000")
    assert kept == f"{assessed.folder}/checkpoint"
    brought = {path.name: path.read_bytes() for path in (tmp_path / "mirror" / kept).iterdir()}
    assert brought == {path.name: path.read_bytes() for path in (tmp_path / "saved").iterdir()}

    shelf.clear()
    assert home.find(relative) is None
    assert home.sweeps() == set()


def test_a_trial_whose_checkpoint_is_gone_starts_over(s3, own_plan):
    gone = own_plan.model_copy(update={"checkpoint": s3.url("runs/gone/checkpoint")})
    result = TuneTrial({PLANS: [gone.model_dump_json()]}).train()
    [member] = result[MEMBERS]
    assert member[EPOCH] == 1
    notes = EpochRecord.model_validate_json(member[RECORD]).notes
    assert notes["checkpoint"].startswith("started over, for no whole checkpoint")


def test_a_damaged_checkpoint_at_a_url_is_not_loaded_but_the_one_before(s3, own_plan, tmp_path):
    store = ObjectStore(s3.url("runs/damaged"))
    trial = TuneTrial({PLANS: [own_plan.model_dump_json()]})
    for number in range(2):
        trial.train()
        trial.save_checkpoint(str(tmp_path / str(number)))
        for path in (tmp_path / str(number)).iterdir():
            store.upload(path, f"trial/checkpoint_00000{number}/{path.name}")
    store.write("trial/checkpoint_000001/trained.safetensors", b"")
    last = own_plan.model_copy(update={"checkpoint": s3.url("runs/damaged/trial/checkpoint_000001")})
    [member] = TuneTrial({PLANS: [last.model_dump_json()]}).train()[MEMBERS]
    assert member[EPOCH] == 2
    notes = EpochRecord.model_validate_json(member[RECORD]).notes
    assert notes["checkpoint"].startswith("went on after epoch 1, for checkpoint")
