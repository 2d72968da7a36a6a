"""Arms that are behind after as many trials as others get no more of them."""

import pytest
from builders import spec

from study.values.racing import Entrant, run_race
from study.values.spec import RacingSpec, SearchSpec


def entrant(name, *objectives, **changes):
    known = {"num_asked": len(objectives), "ended": dict(enumerate(objectives)), **changes}
    return Entrant(arm=name, **known)


def race(*entrants, rungs=(2, 4), maximize=True, **options):
    return run_race(entrants, rungs, reduction_factor=2, maximize=maximize, **options)


def test_half_of_the_arms_go_on_by_the_best_of_as_many_trials():
    # After 2 trials a and c lead; b's 0.95 comes third and does not count. After 4 trials a's 0.9 beats c's 0.85.
    arms = [
        entrant("a", 0.8, 0.1, 0.2, 0.9),
        entrant("b", 0.5, 0.6, 0.95),
        entrant("c", 0.2, 0.85, 0.3, 0.4),
        entrant("d", 0.1, 0.7),
    ]
    found = race(*arms)
    assert {name: one.num_trials for name, one in found.stopped.items()} == {"d": 2, "b": 2, "c": 4}
    assert found.limit is None
    assert str(found.stopped["b"]) == (
        "b: stopped by search.racing after 2 trials, when 2 of 4 arms went on: its best was 0.6, that of c 0.85, on "
        "validation"
    )


def test_a_lower_objective_wins_where_lower_is_better():
    assert set(race(entrant("a", 0.8, 0.9), entrant("b", 0.5, 0.6), rungs=(2,), maximize=False).stopped) == {"a"}


def test_nothing_is_decided_before_the_first_trials_of_all_have_ended():
    waiting = entrant("b", num_asked=2, ended={1: 0.9})
    found = race(entrant("a", 0.1, 0.2), waiting)
    assert not found.stopped
    assert found.limit == 2
    assert race(entrant("a", 0.1, 0.2, 0.3), waiting).limit == 2, "a record that was lost is waited for"
    assert set(race(entrant("a", 0.1, 0.2, 0.3), waiting, trusts_the_past=True).stopped) == {"a"}


def test_an_arm_that_gets_no_more_trials_is_not_waited_for():
    short = entrant("b", 0.9, is_over=True)
    assert set(race(entrant("a", 0.1, 0.2), short).stopped) == {"a"}
    [stopped] = race(entrant("a", 0.1, 0.95), short).stopped.values()
    assert (stopped.arm, stopped.num_trials) == ("b", 1), "all that it had"
    running = entrant("b", num_asked=1, ended={}, is_over=True)
    assert race(entrant("a", 0.1, 0.2), running).limit == 2


def test_an_arm_without_a_complete_trial_is_last_and_where_none_has_one_all_go_on():
    found = race(entrant("a", None, None), entrant("b", None, 0.1), rungs=(2,))
    assert set(found.stopped) == {"a"}
    assert "none of its trials was complete" in str(found.stopped["a"])
    assert not race(entrant("a", None, None), entrant("b", None, None), rungs=(2,)).stopped


def test_of_equals_the_first_goes_on_and_one_is_always_left():
    arms = [entrant(name, 0.5, 0.5, 0.5, 0.5) for name in "abc"]
    assert list(race(*arms, rungs=(1, 2, 3)).stopped) == ["c", "b"]
    assert not race(arms[0]).stopped


def test_it_is_decided_after_doubling_numbers_of_trials():
    assert list(RacingSpec().rungs(41)) == [5, 10, 20, 40]
    assert list(RacingSpec().rungs(40)) == [5, 10, 20]
    assert list(RacingSpec(first_trials=1, reduction_factor=1.2).rungs(6)) == [1, 2, 3, 4, 5]


def test_a_race_that_stops_nobody_is_refused():
    with pytest.raises(ValueError, match=r"first_trials = 5 with trials = 5 never stops an arm"):
        SearchSpec(trials=5, racing=RacingSpec())


def test_a_race_by_what_costs_little_is_refused_and_so_is_one_of_several_objectives():
    cheap = {"trials": 40, "low_cost_start": True, "startup_trials": 6}
    with pytest.raises(ValueError, match=r"first_trials = 5 would stop arms for .* set it to 10 or more"):
        SearchSpec(racing=RacingSpec(), **cheap)
    SearchSpec(racing=RacingSpec(first_trials=10), **cheap)
    with pytest.raises(ValueError, match="trials = 10 leaves nothing to search once it has begun"):
        SearchSpec(**{**cheap, "trials": 10})
    with pytest.raises(ValueError, match="racing goes by the metric alone"):
        SearchSpec(racing=RacingSpec(), objectives=("flops",), scheduler={"kind": "none"})


def test_the_budget_of_arms_in_a_race_stays_what_it_was():
    def asked(seconds, **search):
        return spec(search={"trials": 20, **search}, budget={"arm_training_s": seconds})

    assert asked(60).identity == asked(600).identity
    assert asked(60, racing={}).identity != asked(600, racing={}).identity
