"""A study that leaves one task out: what it trains, from what, and that it goes on where it stopped."""

import shutil
from pathlib import Path

import numpy as np
import pytest

import study
from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.states import TrialState
from study.values.variant import LeftOut, Transferred

pytestmark = pytest.mark.ray

OWN = Path(__file__).parents[1] / "own"
TASKS = ("digit", "odd", "more")


@pytest.fixture(scope="module")
def ran(tmp_path_factory, local_ray):
    folder = tmp_path_factory.mktemp("left-out")
    spec = study.StudySpec.model_validate(
        {
            "name": "left-out",
            "protocols": ["fine_tuning", "shared_representation"],
            "backbones": ["parts.py:small_net"],
            "tasks": [
                {"name": "digit", "data": "parts.py:two_labels", "target": "digit"},
                {"name": "odd", "data": "parts.py:two_labels", "target": "odd"},
                {"name": "more", "data": "parts.py:more_digits"},
            ],
            "search": {"trials": 1, "space": "parts.py:half_frozen", "scheduler": {"kind": "none"}},
            "budget": {"epochs": 2},
            "resources": {"cache_dir": str(folder / "cache")},
            "assessment": {"seeds": 2, "leave_one_task_out": True, "affinity": True},
        }
    )
    one = Study(spec, folder / "run", root=OWN)
    one.run(quiet=True)
    return one


def of_kind(one, kind):
    return [record for record in one._records().read_all(Purpose.ASSESSMENT) if isinstance(record.plan.variant, kind)]


def copied(ran, folder):
    """Return a copy of a study as it was before any task was put to the others' backbone."""
    shutil.copytree(ran.directory, folder)
    for record in of_kind(ran, Transferred):
        shutil.rmtree(folder / record.plan.folder)
    return Study.open(folder)


def test_each_backbone_is_trained_without_each_task_and_sees_no_test(ran):
    trained = of_kind(ran, LeftOut)
    assert sorted((r.plan.variant.task, r.plan.repeat) for r in trained) == sorted(
        (t, s) for t in TASKS for s in (0, 1)
    )
    for record in trained:
        assert record.state is TrialState.COMPLETE
        assert record.test == {}
        others = {name.split("/")[1] for epoch in record.epochs for name in epoch.metrics} - {"all"}
        assert others == set(TASKS) - {record.plan.variant.task}
        assert not (ran.directory / record.checkpoint / "predictions.safetensors").exists()


def test_each_task_is_put_to_the_backbone_of_the_others_with_the_same_seeds(ran):
    transferred = of_kind(ran, Transferred)
    assert len(transferred) == 6
    plain = {
        (r.plan.arm.id, r.plan.repeat): r for r in ran._records().read_all(Purpose.ASSESSMENT) if not r.plan.variant
    }
    assert len(plain) == 8
    for record in transferred:
        origin = ran._records().read(record.plan.variant.origin)
        assert origin.plan.variant.task == record.plan.arm.task_names[0]
        assert record.plan.backbone_checkpoint == str(ran.directory / origin.checkpoint)
        other = plain[record.plan.arm.id, record.plan.repeat]
        for name in ("seed", "order_seed", "split_seed", "hyperparameters"):
            assert getattr(record.plan, name) == getattr(other.plan, name)
        assert record.epochs[0].metrics != other.epochs[0].metrics, "it starts from other weights"


def test_the_findings_compare_it_with_the_original(ran):
    table = ran.findings().leaving_out.set_index("task")
    assert set(table.index) == set(TASKS)
    for task, row in table.iterrows():
        name = f"test/{task}/balanced_accuracy"
        scores = [record.test[name] for record in of_kind(ran, Transferred) if name in record.test]
        assert row["others"] == pytest.approx(np.mean(scores), abs=1e-6)
        board = ran.leaderboard().set_index(["arm", "task"]).loc[(f"fine_tuning/small_net/{task}", task)]
        assert row["original"] == pytest.approx(board["test"], abs=1e-6)
        assert row["gain"] == pytest.approx((row["others"] - row["original"]) / row["original"])
        assert row["low"] <= row["gain"] <= row["high"]
        assert row["seeds"] == board["seeds"] == 2, "what starts elsewhere is not on the leaderboard"


def test_the_shared_arms_affinities_are_a_matrix(ran):
    table = ran.findings().affinity
    assert set(zip(table["source"], table["target"], strict=True)) == {(i, j) for i in TASKS for j in TASKS}
    assert (table["seeds"] == 2).all()
    own = table[table["source"] == table["target"]]
    assert (own["affinity"] > 0).all(), "a small step along a loss's gradient lowers it"
    assert ((table["low"] <= table["affinity"]) & (table["affinity"] <= table["high"])).all()


def test_it_goes_on_where_the_backbones_are_trained_and_no_task_was_put_to_them(ran, tmp_path):
    moved = copied(ran, tmp_path / "elsewhere")
    assert moved.status().phase == "assessment"
    moved.run(quiet=True)
    assert moved.status().phase == "done"
    assert of_kind(moved, LeftOut) == of_kind(ran, LeftOut), "nothing finished is run twice"
    again, before = of_kind(moved, Transferred), of_kind(ran, Transferred)
    assert [record.plan.folder for record in again] == [record.plan.folder for record in before]
    for one, other in zip(again, before, strict=True):
        assert one.test == pytest.approx(other.test, abs=1e-5)
        assert one.plan.backbone_checkpoint.startswith(str(tmp_path / "elsewhere"))


def test_without_its_backbone_a_task_is_not_put_to_it_and_the_findings_say_why(ran, tmp_path):
    broken = copied(ran, tmp_path / "broken")
    for record in of_kind(broken, LeftOut):
        if record.plan.variant.task == "digit":
            failed = record.model_copy(update={"state": TrialState.FAILED, "reason": "loss is not finite\nat all"})
            broken._records().write(failed)
    broken.run(quiet=True)
    assert broken.status().phase == "done"
    assert {record.plan.arm.task_names[0] for record in of_kind(broken, Transferred)} == {"odd", "more"}
    verdicts = broken.findings().leaving_out.set_index("task")["verdict"]
    assert verdicts["digit"] == "not run, for training on the other tasks failed: loss is not finite"
    assert broken.status().failures["loss is not finite"] == 2


def test_it_may_be_asked_for_later(ran, tmp_path):
    asked = {"leave_one_task_out": False, "affinity": False}
    without = ran.spec.model_copy(update={"assessment": ran.spec.assessment.model_copy(update=asked)})
    one = Study(without, copied(ran, tmp_path / "later").directory, root=OWN)
    assert one.status().phase == "done"
    assert one.findings().leaving_out.empty
    assert Study(ran.spec, one.directory, root=OWN).status().phase == "assessment"
