"""A trial goes on from its last whole checkpoint, and is then as it would have been undisturbed."""

from pathlib import Path

import pytest
from builders import arms, plan

from study.adapters.checkpoint_shelf import LocalCheckpoints
from study.adapters.tune.going_on import NOTE, set_up
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.lineage import Segment

OWN = Path(__file__).parents[2] / "own"
FILES = ["trained.safetensors", "optimizer.pt", "progress.json", "manifest.json"]


def flipped(content):
    changed = bytearray(content)
    changed[len(changed) // 2] ^= 16
    return bytes(changed)


DAMAGES = {
    "flipped": lambda path: path.write_bytes(flipped(path.read_bytes())),
    "cut short": lambda path: path.write_bytes(path.read_bytes()[:-9]),
    "emptied": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
}


@pytest.fixture
def planned(tmp_path):
    [arm] = arms(
        protocols=["fine_tuning"],
        backbones=["parts.py:small_net"],
        tasks=[{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}],
    )
    return plan(arm=arm, root=str(OWN), cache_dir=str(tmp_path / "cache"), feature_cache_gib=0)


@pytest.fixture
def saved(planned, tmp_path):
    """Return two checkpoints of a trial, as Tune names them, and the objectives of all its epochs."""
    trial, objectives, folders = Trial(planned), [], []
    for number, epoch in enumerate(trial.epochs()):
        objectives.append(epoch.objective)
        if number < 2:
            folders.append(tmp_path / "checkpoints/sweep-0/trial" / f"checkpoint_{number:06d}" / "1")
            trial.save(folders[-1])
    return folders, objectives


def going_on(planned, folder):
    """Return the trial that goes on from a checkpoint, the epoch it goes on after, and its objectives in the end."""
    trial = set_up(planned.model_copy(update={"checkpoint": str(folder)}), Materials())
    went_on_after = trial.epoch
    last = list(trial.epochs())[-1]
    return went_on_after, trial.objectives, last.notes.get(NOTE)


@pytest.mark.parametrize("how", DAMAGES)
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_checkpoint_is_not_loaded_but_the_one_before(planned, saved, name, how):
    (_, last), objectives = saved
    DAMAGES[how](last / name)
    trial = set_up(planned.model_copy(update={"checkpoint": str(last)}), Materials())
    assert trial.epoch == 1
    assert trial.objectives == objectives[:1]
    assert trial.notes[NOTE].startswith(f"went on after epoch 1, for checkpoint {last} is damaged: ")


def test_what_goes_on_from_the_one_before_comes_out_the_same(planned, saved):
    (_, last), objectives = saved
    assert going_on(planned, last) == (2, objectives, None)
    DAMAGES["flipped"](last / "trained.safetensors")
    went_on_after, found, note = going_on(planned, last)
    assert (went_on_after, found) == (1, objectives)
    said = "trained.safetensors does not have the checksum that was written with it"
    assert note == f"went on after epoch 1, for checkpoint {last} is damaged: {said}"


def test_without_a_whole_one_it_starts_over(planned, saved):
    (first, last), objectives = saved
    DAMAGES["cut short"](last / "optimizer.pt")
    DAMAGES["gone"](first / "progress.json")
    went_on_after, found, note = going_on(planned, last)
    assert (went_on_after, found) == (0, objectives)
    assert note.startswith("started over, for ")
    assert str(first) in note
    assert str(last) in note


def test_a_checkpoint_of_another_trial_is_not_loaded(planned, saved):
    """Members of a pack lie in folders by their place in it, which is another's where the pack is handed out anew."""
    (_, last), _ = saved
    other = planned.model_copy(update={"number": 7})
    trial = set_up(other.model_copy(update={"checkpoint": str(last)}), Materials())
    assert trial.epoch == 0
    assert f"is damaged: it is of {planned.folder}" in trial.notes[NOTE]


def test_a_checkpoint_of_an_earlier_version_is_loaded_as_it_is(planned, saved):
    (_, last), _ = saved
    (last / "manifest.json").unlink()
    (last / "progress.json").write_text('{"epoch": 2, "objectives": [0.1, 0.2]}')
    trial = set_up(planned.model_copy(update={"checkpoint": str(last)}), Materials())
    assert (trial.epoch, trial.notes.get(NOTE)) == (2, None)
    DAMAGES["cut short"](last / "trained.safetensors")
    assert set_up(planned.model_copy(update={"checkpoint": str(last)}), Materials()).epoch == 1


def test_of_a_checkpoint_that_is_gone_the_one_before_is_found(tmp_path):
    home = LocalCheckpoints(tmp_path)
    before = tmp_path / "checkpoints/sweep-0/trial/checkpoint_000003"
    before.mkdir(parents=True)
    assert home.find("checkpoints/sweep-0/trial/checkpoint_000004") == str(before)
    assert home.find("checkpoints/sweep-0/trial/checkpoint_000003") == str(before)
    assert home.find("checkpoints/sweep-0/trial/checkpoint_000002") is None
    assert home.find("checkpoints/sweep-0/other/checkpoint_000004") is None


@pytest.mark.parametrize("damage", [None, "flipped", "gone"])
def test_a_trial_trains_what_its_ancestors_trained_where_its_parents_checkpoint_is_damaged(planned, tmp_path, damage):
    first = planned.hyperparameters
    parent = planned.model_copy(update={"epochs": 2, "course_epochs": 3})
    heir = parent.model_copy(
        update={
            "number": 1,
            "epochs": 3,
            "hyperparameters": first.model_copy(update={"head_learning_rate": 3 * first.head_learning_rate}),
            "lineage": (Segment(trial=0, hyperparameters=first, until_epoch=2),),
        }
    )
    whole = [epoch.objective for epoch in Trial(heir).epochs()]
    trial = Trial(parent)
    assert [epoch.objective for epoch in trial.epochs()] == whole[:2]
    folder = tmp_path / "checkpoints/sweep-0/trial/checkpoint_000000"
    trial.save(folder)
    if damage is not None:
        DAMAGES[damage](folder / "trained.safetensors")
    went_on_after, objectives, note = going_on(heir, folder)
    assert went_on_after == (2 if damage is None else 0)
    assert objectives == whole
    assert (note is None) == (damage is None)
