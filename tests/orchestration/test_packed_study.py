"""A study whose trials train in packs gives what one gives that trains them one by one."""

from collections import Counter
from pathlib import Path

import pytest

import study
from study.orchestration.study import Study
from study.trial.assessment import assess
from study.trial.predictions import load_predictions
from study.trial.trial import Trial
from study.values.plan import Purpose
from study.values.states import TrialState

OWN = Path(__file__).parents[1] / "own"
pytestmark = pytest.mark.ray


def spec(**changes):
    values = {
        "name": "heads",
        "protocols": ["linear_probe"],
        "backbones": ["parts.py:small_net"],
        "tasks": [{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}],
        "search": {
            "trials": 12,
            "sampler": "random",
            "space": "parts.py:heads",
            "choice": "one_standard_error",
            "outer": 0.2,
            "scheduler": {"kind": "asha", "grace_epochs": 1, "reduction_factor": 2},
        },
        "budget": {"epochs": 4},
        "assessment": {"seeds": 3},
    }
    return study.StudySpec.model_validate({**values, **changes})


def ran(directory, **resources):
    one = Study(spec(resources={"max_concurrent_trials": 1, **resources}), directory, root=OWN)
    one.run(quiet=True)
    return one


def searched(one):
    return one._records().read_all(Purpose.SEARCH)


@pytest.fixture(scope="module")
def packed_study(tmp_path_factory, local_ray):
    return ran(tmp_path_factory.mktemp("packed") / "run")


@pytest.fixture(scope="module")
def packed(packed_study):
    return searched(packed_study)


def test_the_seeds_of_an_assessment_are_trained_as_a_pack_and_score_as_they_would_alone(packed_study, tmp_path):
    assessed = packed_study._records().read_all(Purpose.ASSESSMENT)
    assert [record.plan.repeat for record in assessed] == [0, 1, 2]
    assert all(record.state is TrialState.COMPLETE for record in assessed)
    begins = [record.started_at for record in assessed]
    assert max(begins) < min(record.ended_at for record in assessed), "none waits for another's end"
    for record in assessed:
        trial = Trial(record.plan.model_copy(update={"cache_dir": str(tmp_path), "checkpoint": None}))
        list(trial.epochs())
        assert record.test == pytest.approx(assess(trial).scores, abs=1e-4)
        assert len(load_predictions(packed_study.directory / record.checkpoint)) == 2


def test_packs_change_no_trial(packed, tmp_path, local_ray):
    alone = searched(ran(tmp_path / "run", trials_per_pack=1))
    assert [record.plan.hyperparameters for record in packed] == [record.plan.hyperparameters for record in alone]
    assert Counter(record.state for record in packed)[TrialState.PRUNED] >= 2
    for one, other in zip(packed, alone, strict=True):
        known = dict(zip((epoch.epoch for epoch in other.epochs), other.epochs, strict=True))
        for epoch in one.epochs:
            if epoch.epoch in known:  # which trials the scheduler stops depends on the order in which they report
                assert epoch.metrics == pytest.approx(known[epoch.epoch].metrics, abs=1e-4)
        if one.state is other.state is TrialState.COMPLETE:
            assert one.outer
            assert one.outer == pytest.approx(other.outer, abs=1e-4)


def test_each_trial_of_a_pack_ends_by_itself(packed):
    states = Counter(record.state for record in packed)
    assert states[TrialState.FAILED] == 2
    assert states.total() == 12
    for record in packed:
        if record.state is TrialState.COMPLETE:
            assert [epoch.epoch for epoch in record.epochs] == [1, 2, 3, 4]
        elif record.state is TrialState.PRUNED:
            assert len(record.epochs) in (1, 2)
        else:
            assert "not finite" in record.reason


def test_what_is_chosen_within_one_standard_error_of_the_best_is_chosen_everywhere(packed_study, packed):
    [arm] = packed_study.arms
    complete = [record for record in packed if record.state is TrialState.COMPLETE]
    best = max(record.objective for record in complete)
    chosen = packed_study.best(arm.id)
    counts = chosen.plan.validation_counts["digit"]
    assert (counts.num_examples, counts.num_classes) == (120, 10)
    within = [record for record in complete if record.objective >= best - (best * (1 - best) / 115) ** 0.5]
    sizes = {r.plan.number: r.plan.hyperparameters.head_depth * r.plan.hyperparameters.head_width for r in within}
    assert chosen.objective <= best
    assert sizes[chosen.plan.number] == min(sizes.values())
    assert packed_study.leaderboard()["trial"].tolist() == [chosen.plan.number]
    assert packed_study.status().arms[0].best == chosen.objective
    assessed = packed_study._records().read_all(Purpose.ASSESSMENT)
    assert {record.plan.number for record in assessed} == {chosen.plan.number}
    assert packed_study.findings().outer.oracle["selected"].tolist() == [chosen.plan.number]
