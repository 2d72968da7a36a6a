"""What an actor reports of a pack step by step: every member by itself, and no more of one that was dropped."""

from pathlib import Path

import pytest
from builders import arms, plan
from ray.train._internal.storage import StorageContext
from small_disk import fill, make_room, needs_mount, small_disk

from study.adapters.tune.keys import EPOCH, FAILURE, MEMBERS, OBJECTIVE, PLANS, RECORD, TEST, TRIAL
from study.adapters.tune.trainable import TuneTrial
from study.learning.manifest import check_manifest
from study.trial.predictions import load_predictions
from study.values.metric_names import Split
from study.values.plan import Purpose, TrialPlan
from study.values.records import EpochRecord
from study.values.scoring import SelectionRule

OWN = Path(__file__).parents[2] / "own"


@pytest.fixture
def config(tmp_path):
    [arm] = arms(
        protocols=["fine_tuning"],
        backbones=["parts.py:small_net"],
        tasks=[{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}],
    )
    frozen = plan().hyperparameters.model_copy(update={"freezing_depth": 3, "head_learning_rate": 0.01})
    configurations = [frozen, frozen.model_copy(update={"batch_size": 100_000}), frozen]
    common = {"arm": arm, "root": str(OWN), "cache_dir": str(tmp_path / "cache")}
    plans = [
        plan(number, seed=number, hyperparameters=values, **common) for number, values in enumerate(configurations)
    ]
    return {PLANS: [one.model_dump_json() for one in plans], MEMBERS: [one.folder for one in plans]}


def epochs(result):
    return {member[TRIAL]: member.get(EPOCH) for member in result[MEMBERS]}


def test_every_member_is_reported_and_one_that_fails_no_more(config):
    first, refused, last = config[MEMBERS]
    trainable = TuneTrial(config)
    result = trainable.train()
    assert epochs(result) == {first: 1, refused: None, last: 1}
    assert "batch_size = 100000" in next(m[FAILURE] for m in result[MEMBERS] if m[TRIAL] == refused)
    assert not result["done"]
    assert epochs(trainable.train()) == {first: 2, last: 2}
    trainable.drop([0])
    result = trainable.train()
    assert epochs(result) == {last: 3}
    assert result["done"]


@needs_mount
def test_a_checkpoint_waits_for_room_and_leaves_nothing_half_written(config, tmp_path):
    trainable = TuneTrial(config)
    trainable.train()
    with small_disk(tmp_path / "disk", kib=1024) as disk:
        (disk / "sweep" / "pack").mkdir(parents=True)
        trainable._storage = storage = StorageContext(str(disk), "sweep", trial_dir_name="pack")
        thread = make_room(fill(disk))
        saved = Path(trainable.save().checkpoint.path)
        thread.join()
        for number in (0, 2):
            check_manifest(saved / str(number))
        assert list(saved.parent.glob("checkpoint_*")) == [saved]
        assert storage.current_checkpoint_index == 0


def test_an_actor_that_died_goes_on_from_the_packs_checkpoint(config, tmp_path):
    first, _, last = config[MEMBERS]
    undisturbed = TuneTrial(config)
    undisturbed.train()
    undisturbed.save_checkpoint(str(tmp_path / "saved"))
    plans = [TrialPlan.model_validate_json(config[PLANS][number]) for number in (0, 2)]
    saved = [
        one.model_copy(update={"checkpoint": str(tmp_path / "saved" / number)})
        for one, number in zip(plans, ("0", "2"), strict=True)
    ]
    resumed = TuneTrial({PLANS: [one.model_dump_json() for one in saved], MEMBERS: [first, last]})
    expected, again = undisturbed.train(), resumed.train()
    known = {member[TRIAL]: member[OBJECTIVE] for member in expected[MEMBERS]}
    found = {member[TRIAL]: member[OBJECTIVE] for member in again[MEMBERS]}
    assert found == pytest.approx(known)
    assert epochs(again) == {first: 2, last: 2}


def test_an_assessment_whose_actor_died_after_its_last_epoch_is_scored_and_trains_no_further(config, tmp_path):
    [assessed] = [TrialPlan.model_validate_json(config[PLANS][0])]
    assessed = assessed.model_copy(update={"purpose": Purpose.ASSESSMENT})
    trainable = TuneTrial({PLANS: [assessed.model_dump_json()], MEMBERS: [assessed.folder]})
    results = [trainable.train() for _ in range(assessed.epochs)]
    assert [result["done"] for result in results] == [False, False, True]
    trainable.save_checkpoint(str(tmp_path / "saved"))
    whole = assessed.model_copy(update={"checkpoint": str(tmp_path / "saved")})
    result = TuneTrial({PLANS: [whole.model_dump_json()], MEMBERS: [whole.folder]}).train()
    assert result["done"]
    assert result[MEMBERS] == [{TRIAL: whole.folder, TEST: results[-1][MEMBERS][0][TEST]}]


def test_an_assessment_that_gets_no_better_is_scored_when_it_is_over(config, tmp_path):
    [assessed] = [TrialPlan.model_validate_json(config[PLANS][0])]
    still = assessed.hyperparameters.model_copy(update={"head_learning_rate": 1e-12})
    changes = {"purpose": Purpose.ASSESSMENT, "epochs": 9, "patience": 1, "hyperparameters": still}
    assessed = assessed.model_copy(update=changes)
    trainable = TuneTrial({PLANS: [assessed.model_dump_json()], MEMBERS: [assessed.folder]})
    first, last = trainable.train(), trainable.train()
    assert (first["done"], last["done"]) == (False, True)
    assert TEST not in first[MEMBERS][0]
    assert last[MEMBERS][0][TEST]
    assert last["should_checkpoint"], "it may be exported"
    trainable.save_checkpoint(str(tmp_path))
    assert {one.split for one in load_predictions(tmp_path)} == {Split.VALIDATION, Split.TEST}


@pytest.mark.parametrize("numbers", [[0], [0, 2]], ids=["alone", "a pack"])
def test_examples_set_aside_are_scored_with_the_last_epoch_also_by_an_actor_that_goes_on(config, tmp_path, numbers):
    plans = [TrialPlan.model_validate_json(config[PLANS][number]) for number in numbers]
    plans = [one.model_copy(update={"outer": 0.25, "selection": SelectionRule.BEST_EPOCH}) for one in plans]

    def opened(members):
        return TuneTrial({PLANS: [one.model_dump_json() for one in members], MEMBERS: [one.folder for one in members]})

    def outers(result):
        return [EpochRecord.model_validate_json(member[RECORD]).outer for member in result[MEMBERS]]

    trainable = opened(plans)
    trainable.train(), trainable.train()
    trainable.save_checkpoint(str(tmp_path))
    folders = [tmp_path / str(place) if len(plans) > 1 else tmp_path for place in range(len(plans))]
    resumed = opened(
        [one.model_copy(update={"checkpoint": str(folder)}) for one, folder in zip(plans, folders, strict=True)]
    )
    last, again = trainable.train(), resumed.train()
    assert last["done"]
    for one, other in zip(outers(last), outers(again), strict=True):
        assert one["outer/digit/accuracy"] > 0
        assert one == pytest.approx(other)
    said = [{key: value for key, value in member.items() if key != RECORD} for member in last[MEMBERS]]
    assert "outer" not in str(said), "what Tune's scheduler sees"


def test_an_actor_goes_from_a_pack_to_a_single_trial(config):
    trainable = TuneTrial(config)
    trainable.train()
    alone = {PLANS: config[PLANS][2:], MEMBERS: config[MEMBERS][2:]}
    assert trainable.reset_config(alone)
    assert epochs(trainable.train()) == {config[MEMBERS][2]: 1}
