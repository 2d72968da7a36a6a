"""Few shots and data from elsewhere on real Ray: what is concluded, and that a study goes on where it stopped."""

from pathlib import Path

import pandas as pd
import pytest

import study
from study.orchestration.study import Study
from study.trial.predictions import load_predictions
from study.values.plan import Purpose
from study.values.states import TrialState

pytestmark = pytest.mark.ray

OWN = Path(__file__).parents[1] / "own"
LATER = {"name": "later", "data": "parts.py:more_digits"}


def asked(folder, few_shot):
    spec = {
        "name": "few",
        "protocols": ["fine_tuning", "linear_probe"],
        "backbones": ["parts.py:small_net"],
        "tasks": [{"name": "digit", "data": "parts.py:two_labels", "target": "digit", "out_of_distribution": [LATER]}],
        "search": {"trials": 1, "space": "parts.py:narrow", "scheduler": {"kind": "none"}},
        "budget": {"epochs": 3},
        "assessment": {"seeds": 2, "few_shot": few_shot},
    }
    return Study(study.StudySpec.model_validate(spec), folder, root=OWN)


@pytest.fixture(scope="module")
def ran(tmp_path_factory, local_ray):
    one = asked(tmp_path_factory.mktemp("few") / "run", [1])
    one.run(quiet=True)
    return one


def assessments(ran):
    return {record.plan.folder: record for record in ran._records().read_all(Purpose.ASSESSMENT)}


def test_every_arm_has_a_curve_and_the_leaderboard_none_of_it(ran):
    found = assessments(ran)
    assert {record.state for record in found.values()} == {TrialState.COMPLETE}
    assert len(found) == 2 * 2 * 2, "an arm, a seed, with few examples and with all"
    assert ran.status().phase == "done"
    assert ran.leaderboard()["seeds"].tolist() == [2, 2]
    table = ran.findings().few_shot
    assert table["num_train"].tolist() == [10, 360] * 2
    assert set(table["seeds"]) == {2}
    whole = table[table["examples_per_class"].isna()].set_index("arm")["score"]
    assert dict(whole) == pytest.approx(dict(ran.leaderboard().set_index("arm")["test"]))


def test_few_shots_are_scored_on_the_examples_of_the_full_assessments(ran):
    examples = {
        tuple(one.examples)
        for record in assessments(ran).values()
        for one in load_predictions(ran.directory / record.checkpoint)
        if one.split.value == "test"
    }
    assert len(examples) == 1


def test_few_shots_keep_what_they_predicted_and_no_weights(ran):
    kept = {
        name: {file.name for file in (ran.directory / one.checkpoint).iterdir()}
        for name, one in assessments(ran).items()
    }
    for folder, files in kept.items():
        assert "predictions.safetensors" in files
        assert ("trained.safetensors" in files) != folder.endswith("-shot")


def test_every_arm_is_scored_on_data_from_elsewhere_with_every_seed(ran):
    table = ran.findings().out_of_distribution
    assert sorted(table["arm"]) == sorted(arm.id for arm in ran.arms)
    assert set(table["examples"]) == {300}
    assert set(table["seeds"]) == {2}
    own = dict(table.set_index("arm")["in_distribution"])
    assert own == pytest.approx(dict(ran.leaderboard().set_index("arm")["test"]))


def test_more_shots_may_be_asked_for_later_and_what_an_interruption_took_comes_out_the_same(ran):
    before, other = assessments(ran), ran.findings().out_of_distribution
    taken = [next(folder for folder in before if folder.endswith(ending)) for ending in ("seed1-1-shot", "seed1")]
    for folder in taken:  # scored, but died before that was written down
        running = {"state": TrialState.RUNNING, "test": {}, "ended_at": None}
        ran._records().write(before[folder].model_copy(update=running))
    more = asked(ran.directory, [1, 5])
    assert more.status().phase == "assessment"
    more.run(quiet=True)
    after = assessments(more)
    assert len(after) == 2 * 2 * 3
    for folder, record in before.items():
        if folder in taken:
            assert after[folder].ended_at > record.ended_at
            assert after[folder].objectives == record.objectives
            assert after[folder].test == record.test
        else:
            assert after[folder] == record
    found = more.findings()
    assert found.few_shot["num_train"].tolist() == [10, 50, 360] * 2
    pd.testing.assert_frame_equal(found.out_of_distribution, other)
