"""Tune is handed as much as there is room for; beyond that one trial is made ready, unless the order must be kept."""

from pathlib import Path

import pytest
from builders import scored
from ray.tune.search import Searcher

from study.adapters.checkpoint_shelf import LocalCheckpoints
from study.adapters.ledger import Ledger
from study.adapters.source import TrialSource, no_difference
from study.adapters.tune.brackets import ArmBrackets
from study.adapters.tune.keys import MEMBERS, NUMBER
from study.adapters.tune.phase import Phase, Phases
from study.adapters.tune.retries import Retries
from study.adapters.tune.searcher import SourceSearcher
from study.values.spec import SchedulerSpec, SearchSpec
from study.values.states import TrialState


class Packs(TrialSource):
    """Hands out packs of given sizes and notes when it is told to prepare."""

    def __init__(self, *sizes):
        numbers = iter(range(sum(sizes)))
        self.packs = [[scored(number=next(numbers), objectives=[]) for _ in range(size)] for size in sizes]
        self.places, self.num_prepared = [], 0

    def next(self, cost=no_difference, num_places=1):
        self.places.append(num_places)
        return self.packs.pop(0) if self.packs else []

    def prepare(self):
        self.num_prepared += 1

    def report(self, plan, epoch):
        pass

    def finish(self, record):
        pass


def phase(source, **how):
    ledger = Ledger(source, [])
    retries = Retries(ledger, LocalCheckpoints(Path()), 3)
    brackets = ArmBrackets(SearchSpec(), [scored(objectives=[]).plan.arm], epochs=1, known_epochs=ledger.epochs)
    return Phase(ledger=ledger, brackets=brackets, retries=retries, **how)


def searcher(source, rooms, max_concurrent=None):
    return SourceSearcher(Phases(iter([phase(source)])), lambda: rooms, max_concurrent)


def test_a_pack_takes_one_place_and_names_all_its_trials():
    source = Packs(3, 1)
    asked = searcher(source, {"n0": 2})
    pack, single = asked.suggest("a"), asked.suggest("b")
    assert len(pack[MEMBERS]) == 3
    assert pack[NUMBER] == "00000-to-00002"
    assert (len(single[MEMBERS]), single[NUMBER]) == (1, "00003")
    assert source.places == [2, 2]
    assert asked.suggest("c") is None
    asked.on_trial_complete("a")
    assert asked.suggest("c") is None, "what runs may die and be handed out again"
    asked.on_trial_complete("b")
    assert asked.suggest("c") == Searcher.FINISHED


@pytest.mark.parametrize(("max_concurrent", "handed_out"), [(None, 5), (2, 2), (9, 5)])
def test_no_more_run_than_fit_or_are_allowed(max_concurrent, handed_out):
    asked = searcher(Packs(*[1] * 20), {"n0": 2, "n1": 3}, max_concurrent)
    assert sum(asked.suggest(str(number)) is not None for number in range(20)) == handed_out


@pytest.mark.parametrize(("rooms", "num_prepared"), [({"n0": 2}, 1), ({"n0": 1}, 0)])
def test_one_is_made_ready_while_all_places_are_taken_unless_the_order_must_be_kept(rooms, num_prepared):
    source = Packs(*[1] * 5)
    asked = searcher(source, rooms)
    handed_out = [asked.suggest(str(number)) is not None for number in range(sum(rooms.values()) + 1)]
    assert handed_out == [True] * sum(rooms.values()) + [False]
    assert source.num_prepared == num_prepared


def test_the_next_phase_begins_when_nothing_of_the_one_before_runs_any_more():
    begun = []

    def phases():
        for number in range(2):
            begun.append(number)
            yield phase(Packs(1))

    asked = SourceSearcher(Phases(phases()), lambda: {"n0": 2}, None)
    assert asked.suggest("a") is not None
    assert asked.suggest("b") is None
    assert begun == [0]
    asked.on_trial_complete("a")
    assert asked.suggest("b") is not None
    assert begun == [0, 1]
    asked.on_trial_complete("b")
    assert asked.suggest("c") == Searcher.FINISHED


def test_nothing_is_handed_out_after_a_phases_time():
    late, following = phase(Packs(1), deadline=0.0), phase(Packs(3))
    asked = SourceSearcher(Phases(iter([late, following])), lambda: {"n0": 2}, None)
    assert len(asked.suggest("a")[MEMBERS]) == 3, "of the next phase"


def test_a_trial_that_died_between_its_last_epoch_and_its_end_ends_when_it_is_due():
    strong, behind, fresh = (
        scored(number=number, objectives=objectives) for number, objectives in enumerate([[0.9, 0.9], [0.5], []])
    )
    source, ended = Packs(), []
    source.packs, source.finish = [[strong], [behind], [fresh]], ended.append
    ledger = Ledger(source, [])
    search = SearchSpec(scheduler=SchedulerSpec(grace_epochs=1, reduction_factor=2))
    brackets = ArmBrackets(search, [strong.plan.arm], epochs=3, known_epochs=ledger.epochs)
    retries = Retries(ledger, LocalCheckpoints(Path()), 3)
    one = Phase(ledger=ledger, brackets=brackets, retries=retries)
    asked = SourceSearcher(Phases(iter([one])), lambda: {"n0": 9}, None)
    assert asked.suggest("a")[MEMBERS] == [strong.plan.folder]
    assert asked.suggest("b")[MEMBERS] == [fresh.plan.folder]
    assert [(record.plan.number, record.state, len(record.epochs)) for record in ended] == [(1, TrialState.PRUNED, 1)]
