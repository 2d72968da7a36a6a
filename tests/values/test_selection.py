import pytest
from builders import scored

from study.values.selection import select
from study.values.states import TrialState, next_state


def test_only_complete_trials_are_selected():
    stopped = scored(number=0, state=TrialState.PRUNED, objectives=[0.99])
    failed = scored(number=1, state=TrialState.FAILED, objectives=[0.98])
    whole = scored(number=2, state=TrialState.COMPLETE, objectives=[0.2, 0.5])
    assert select([stopped, failed, whole]) is whole
    assert select([stopped, failed]) is None


def test_the_last_epoch_counts_and_ties_go_to_the_earlier_trial():
    peaked = scored(number=0, state=TrialState.COMPLETE, objectives=[0.9, 0.5])
    later = scored(number=2, state=TrialState.COMPLETE, objectives=[0.1, 0.6])
    earlier = scored(number=1, state=TrialState.COMPLETE, objectives=[0.1, 0.6])
    assert select([peaked, later, earlier]) is earlier


def test_a_metric_to_minimize_selects_the_lowest():
    low = scored(number=0, state=TrialState.COMPLETE, objectives=[0.3], metric="nll")
    high = scored(number=1, state=TrialState.COMPLETE, objectives=[0.7], metric="nll")
    assert select([high, low]) is low


@pytest.mark.parametrize("final", [TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED])
def test_a_final_state_is_final(final):
    assert next_state(TrialState.RUNNING, final) is final
    for other in set(TrialState) - {final}:
        with pytest.raises(ValueError, match="cannot become"):
            next_state(final, other)
