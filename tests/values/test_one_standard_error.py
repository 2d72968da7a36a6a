"""The rule of one standard error, and the bound that it goes by."""

import math

import numpy as np
import pytest
from builders import arm, plan, scored
from hypothesis import given
from hypothesis import strategies as st

from study.values.choice import ChoiceRule
from study.values.class_counts import ClassCounts
from study.values.metric_names import OBJECTIVE, Split, metrics_of, tag
from study.values.protocols import Protocol
from study.values.records import EpochRecord, TrialRecord
from study.values.scoring import SelectionRule
from study.values.selection import contenders, select
from study.values.selection.one_standard_error import objective_error
from study.values.spec import StudySpec
from study.values.standard_error import WITH_STANDARD_ERROR, standard_error
from study.values.states import TrialState
from study.values.target_kind import TargetKind

HUNDRED = {"defect": ClassCounts.of([50, 50])}
"""The standard error of 0.9 on so many is 0.03."""


def trial(number, objective, *, depth=0, head=(0, 256), counts=HUNDRED, rule=ChoiceRule.ONE_STANDARD_ERROR, **changes):
    values = {"freezing_depth": depth, "head_depth": head[0], "head_width": head[1]}
    hyperparameters = plan().hyperparameters.model_copy(update=values)
    whole = {"hyperparameters": hyperparameters, "choice": rule, "validation_counts": counts, **changes}
    return scored(number, objectives=[objective], state=TrialState.COMPLETE, **whole)


def chosen(*trials):
    return select(trials).plan.number


def test_of_those_within_one_standard_error_the_one_with_most_stages_frozen_is_chosen():
    best, near, far = trial(0, 0.90), trial(1, 0.88, depth=3), trial(2, 0.86, depth=5)
    assert chosen(best, near, far) == 1
    assert chosen(best, far) == 0, "0.86 is more than 0.03 below 0.90"
    assert chosen(trial(0, 0.90, rule=ChoiceRule.BEST), trial(1, 0.88, depth=3, rule=ChoiceRule.BEST)) == 0


def test_of_equally_many_frozen_stages_the_smaller_head_then_the_better_then_the_earlier_is_chosen():
    small, wide, deep = (trial(n, 0.9, head=head) for n, head in enumerate([(1, 16), (1, 64), (2, 64)]))
    assert chosen(deep, wide, small) == 0
    linear = trial(3, 0.89, head=(0, 512))
    assert chosen(deep, wide, small, linear) == 3, "a linear head has no hidden layer, however wide"
    assert chosen(linear, trial(4, 0.895)) == 4
    assert chosen(trial(6, 0.89), trial(5, 0.89)) == 5


def test_an_arm_whose_metric_is_not_known_so_well_is_given_more_room():
    few = {"defect": ClassCounts.of([10, 10])}
    assert chosen(trial(0, 0.9), trial(1, 0.85, depth=3)) == 0
    assert chosen(trial(0, 0.9, counts=few), trial(1, 0.85, depth=3, counts=few)) == 1


def test_only_complete_trials_take_part():
    stopped = scored(1, objectives=[0.9], state=TrialState.PRUNED, choice=ChoiceRule.ONE_STANDARD_ERROR)
    assert select([stopped]) is None
    assert chosen(stopped, trial(0, 0.5)) == 0


@given(st.lists(st.tuples(st.integers(50, 99), st.integers(0, 3), st.integers(0, 2)), min_size=1, max_size=25))
def test_few_contenders_stand_for_all_trials_and_the_best_is_among_them(drawn):
    trials = [trial(n, value / 100, depth=depth, head=(head, 8)) for n, (value, depth, head) in enumerate(drawn)]
    kept = []
    for number, one in enumerate(trials):
        kept = contenders([*kept, one])
        assert select(kept) is select(trials[: number + 1])
        assert max(record.objective for record in kept) == max(one.objective for one in trials[: number + 1])
    assert len(kept) <= 4 * 3


def test_a_lean_record_is_chosen_as_the_whole_one():
    for rule in SelectionRule:
        trials = [trial(0, 0.9, selection=rule), trial(1, 0.89, depth=2, selection=rule)]
        assert select([one.lean() for one in trials]).plan.number == select(trials).plan.number == 1


@given(
    st.lists(st.tuples(st.integers(1, 300), st.floats(0, 1)), min_size=1, max_size=12),
)
def test_the_bound_of_balanced_accuracy_holds_whatever_the_recalls_are(classes):
    counts, recalls = (np.array(column, dtype=float) for column in zip(*classes, strict=True))
    exact = math.sqrt((recalls * (1 - recalls) / counts).sum()) / len(classes)
    bound = standard_error("balanced_accuracy", recalls.mean(), ClassCounts.of(counts.astype(int).tolist()))
    assert exact <= bound + 1e-9


def test_where_classes_are_equally_large_both_metrics_have_the_same_error_and_the_bound_is_met():
    counts = ClassCounts.of([25, 0, 25, 25, 25])
    assert (counts.num_examples, counts.num_classes, counts.harmonic_mean) == (100, 4, pytest.approx(25))
    for metric in WITH_STANDARD_ERROR:
        assert standard_error(metric, 0.9, counts) == pytest.approx(0.03)
        assert standard_error(metric, 1.0, counts) == pytest.approx(0, abs=1e-7)
    uneven = ClassCounts.of([10, 90])
    recalls = np.array([0.5 + 0.2 * 10 / 50, 0.5 + 0.2 * 90 / 50])
    exact = math.sqrt((recalls * (1 - recalls) / [10, 90]).sum()) / 2
    assert standard_error("balanced_accuracy", recalls.mean(), uneven) == pytest.approx(exact)


def test_the_error_of_an_objective_over_tasks_is_the_mean_of_theirs_at_the_epoch_that_counts():
    shared = arm(Protocol.SHARED_REPRESENTATION)
    values = {"defect": 0.9, "type": 0.5}
    metrics = {tag(Split.VALIDATION, task, "balanced_accuracy"): value for task, value in values.items()}
    epochs = [EpochRecord(epoch=1, metrics={**metrics, OBJECTIVE: 0.7}, duration_s=1.0)]
    counts = {"defect": ClassCounts.of([50, 50]), "type": ClassCounts.of([8, 8])}
    record = TrialRecord(plan=plan(arm=shared, validation_counts=counts), epochs=epochs, started_at=0.0)
    assert objective_error(record) == pytest.approx((0.03 + 0.125) / 2)


@pytest.mark.parametrize("metric", metrics_of(TargetKind.CLASSIFICATION))
def test_metrics_without_a_standard_error_are_refused_by_name(metric):
    def spec():
        task = {"name": "a", "data": "digits", "metric": metric}
        search = {"choice": "one_standard_error"}
        return StudySpec.model_validate({"name": "s", "backbones": ["resnet18"], "tasks": [task], "search": search})

    if metric in WITH_STANDARD_ERROR:
        assert spec().search.choice is ChoiceRule.ONE_STANDARD_ERROR
    else:
        with pytest.raises(ValueError, match=f"accuracy, balanced_accuracy; of another kind are a: {metric}"):
            spec()
