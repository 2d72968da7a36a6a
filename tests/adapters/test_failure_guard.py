"""Equal failures in a row stop a run; the one accident of a pack counts once, and a failed few-shot not at all."""

import pytest
from builders import scored

from study.adapters.failure_guard import FailureGuard
from study.values.problems import InputError
from study.values.states import TrialState
from study.values.variant import FewShot


def failed(number, reason="RuntimeError: no", *, at=0.0, traceback="here", **changes):
    record = scored(number=number, objectives=[0.5])
    plan = record.plan.model_copy(update=changes)
    begun = record.model_copy(update={"plan": plan, "state": TrialState.RUNNING})
    return begun.ended(TrialState.FAILED, at=at, reason=reason, traceback=traceback)


def test_so_many_alike_stop_the_run_and_numbers_in_the_reason_make_no_difference():
    guard = FailureGuard(3)
    for number in range(2):
        guard.on_end(failed(number, f"loss is not finite at step {number}", at=60.0 * number))
    with pytest.raises(InputError, match="3 trials in a row failed for the same reason: loss is not finite at step 2"):
        guard.on_end(failed(2, "loss is not finite at step 2", at=120.0))


def test_another_reason_or_a_success_begins_anew():
    guard = FailureGuard(2)
    guard.on_end(failed(0))
    guard.on_end(failed(1, "ValueError: other", at=60.0))
    guard.on_end(scored(number=2, objectives=[0.5]).model_copy(update={"state": TrialState.COMPLETE}))
    guard.on_end(failed(3, "ValueError: other", at=120.0))


def test_the_members_of_a_pack_that_fail_together_are_one_failure():
    guard = FailureGuard(2)
    for number in range(5):
        guard.on_end(failed(number, at=0.1 * number, trains_heads_only=True))
    with pytest.raises(InputError, match="2 trials in a row"):
        guard.on_end(failed(5, at=60.0, trains_heads_only=True))


def test_few_shots_that_fail_stop_nothing():
    guard = FailureGuard(2)
    for number in range(5):
        guard.on_end(failed(number, at=60.0 * number, variant=FewShot(examples_per_class=1)))
