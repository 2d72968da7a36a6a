"""Everything that happens to a trial passes through the ledger once, in order."""

import pytest
from builders import epoch, plan, scored

from study.adapters.ledger import Ledger
from study.adapters.source import TrialSource, no_difference
from study.adapters.watcher import Watcher
from study.values.lineage import Segment
from study.values.plan import Purpose
from study.values.states import TrialState


class ListSource(TrialSource):
    def __init__(self, records):
        self.records, self.told = list(records), []

    def next(self, cost=no_difference, num_places=1):
        return [self.records.pop(0)] if self.records else []

    def report(self, plan, epoch):
        self.told.append(("epoch", plan.number, epoch.epoch))

    def finish(self, record):
        self.told.append(("end", record.plan.number, record.state))


class Log(Watcher):
    def __init__(self):
        self.seen = []

    def on_start(self, record):
        self.seen.append(("start", record.plan.number, len(record.epochs)))

    def on_epoch(self, plan, epoch):
        self.seen.append(("epoch", plan.number, epoch.epoch))

    def on_end(self, record):
        self.seen.append(("end", record.plan.number, record.state, len(record.epochs)))


def taken(ledger):
    [plan] = ledger.take()
    return plan.folder


def opened(*records):
    source, log = ListSource(records), Log()
    return Ledger(source, [log]), source, log


def test_a_trial_from_start_to_end():
    ledger, source, log = opened(scored(number=4, objectives=[]))
    [plan] = ledger.take()
    assert plan.number == 4
    key = plan.folder
    assert ledger.is_live(key)
    ledger.start(key)
    ledger.epoch(key, epoch(1, objective=0.5))
    ended = ledger.end(key, TrialState.PRUNED, "stopped")
    assert (ended.state, ended.reason, len(ended.epochs), ended.ended_at is not None) == (
        TrialState.PRUNED,
        "stopped",
        1,
        True,
    )
    assert log.seen == [("start", 4, 0), ("epoch", 4, 1), ("end", 4, TrialState.PRUNED, 1)]
    assert source.told == [("epoch", 4, 1), ("end", 4, TrialState.PRUNED)]
    assert not ledger.is_live(key)
    assert ledger.take() == []


def test_epochs_trained_again_after_a_lost_node_are_told_once():
    ledger, source, _ = opened(scored(number=0, objectives=[0.1, 0.2]))
    key = taken(ledger)
    for number in (2, 3, 2, 3, 4):
        ledger.epoch(key, epoch(number, objective=0.5))
    assert [event[2] for event in source.told] == [3, 4]
    assert len(ledger.epochs(key)) == 4


def test_an_interrupted_trial_is_told_to_nobody():
    ledger, source, log = opened(scored(number=0, objectives=[]))
    key = taken(ledger)
    ledger.interrupt(key)
    assert (ledger.num_live, source.told, log.seen) == (0, [], [])


def test_an_ended_trial_cannot_end_again():
    ledger, _, _ = opened(scored(number=0, objectives=[]))
    key = taken(ledger)
    ledger.end(key, TrialState.FAILED, "nan")
    with pytest.raises(KeyError):
        ledger.end(key, TrialState.COMPLETE)


def test_an_assessment_is_whole_when_it_was_scored_also_if_all_its_epochs_are_on_record():
    started_over = scored(number=4, objectives=[0.5, 0.6, 0.7], purpose=Purpose.ASSESSMENT)
    ledger, _, _ = opened(started_over, scored(number=5, objectives=[0.5, 0.6, 0.7]))
    assessed, searched = taken(ledger), taken(ledger)
    ledger.epoch(assessed, epoch(1, objective=0.5))
    assert not ledger.is_whole(assessed)
    ledger.test(assessed, {"test/defect/accuracy": 0.7})
    assert ledger.is_whole(assessed)
    assert ledger.is_whole(searched)


def test_epochs_of_a_trial_before_it_are_not_its_own():
    segment = Segment(trial=0, hyperparameters=plan().hyperparameters, until_epoch=2)
    record = scored(1, objectives=[], lineage=(segment,), epochs=4)
    source, log = ListSource([record]), Log()
    ledger = Ledger(source, [log])
    key = taken(ledger)
    ledger.start(key)
    for number in (1, 2, 3):
        ledger.epoch(key, epoch(number))
    assert not ledger.is_whole(key)
    ledger.epoch(key, epoch(4))
    assert ledger.is_whole(key)
    ended = ledger.end(key, TrialState.COMPLETE)
    assert [one.epoch for one in ended.epochs] == [3, 4]
    assert source.told == [("epoch", 1, 3), ("epoch", 1, 4), ("end", 1, TrialState.COMPLETE)]
