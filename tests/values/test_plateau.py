"""A trial is over when as many epochs as its patience have brought nothing better."""

import pytest
from builders import plan, scored

from study.values.plateau import has_plateaued


@pytest.mark.parametrize(
    ("objectives", "patience", "over"),
    [
        ([], 1, False),
        ([0.5], 1, False),
        ([0.5, 0.5], 1, True),
        ([0.5, 0.4, 0.6], 2, False),
        ([0.5, 0.4, 0.6, 0.6, 0.1], 2, True),
        ([0.5, 0.4, 0.3, 0.2], 3, True),
        ([0.5, 0.4, 0.3, 0.2], 4, False),
        ([0.5, 0.4, 0.3, 0.2], None, False),
    ],
)
def test_an_objective_to_maximize(objectives, patience, over):
    assert has_plateaued(objectives, patience=patience, maximize=True) == over
    mirrored = [-objective for objective in objectives]
    assert has_plateaued(mirrored, patience=patience, maximize=False) == over


def test_small_steps_count_only_where_they_add_up_to_the_least_improvement():
    rising = [0.5, 0.52, 0.54, 0.56, 0.58, 0.6]
    assert not has_plateaued(rising, patience=3, min_improvement=0.05, maximize=True)
    assert has_plateaued(rising, patience=2, min_improvement=0.05, maximize=True)
    assert has_plateaued(rising, patience=3, min_improvement=0.2, maximize=True)


def test_a_record_is_whole_after_all_its_epochs_or_when_it_has_converged():
    patient = plan(epochs=5, patience=2)
    assert patient.arm.maximize

    def record(*objectives):
        return scored(number=0, objectives=list(objectives)).model_copy(update={"plan": patient})

    assert not record(0.1, 0.2, 0.2).is_whole
    assert record(0.1, 0.2, 0.2, 0.1).is_whole
    assert record(0.1, 0.2, 0.3, 0.4, 0.5).is_whole
    assert not record().is_whole
