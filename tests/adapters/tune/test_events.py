"""What Tune says is noted once it is true: an assessment ends with the checkpoint of the process that ended it; one
that failed leaves none, and nothing is noted after something went wrong."""

from types import SimpleNamespace

import pytest
from builders import scored

from study.adapters.checkpoint_shelf import CheckpointShelf, LocalCheckpoints
from study.adapters.ledger import Ledger
from study.adapters.source import TrialSource, no_difference
from study.adapters.tune.brackets import ArmBrackets
from study.adapters.tune.events import PhaseEvents
from study.adapters.tune.keys import EPOCH, FAILURE, MEMBERS, NODE, OBJECTIVE, OUT_OF_MEMORY, OVER, RECORD, TEST, TRIAL
from study.adapters.tune.phase import Phase, Phases
from study.adapters.tune.retries import Retries
from study.adapters.watcher import Watcher
from study.values.plan import Purpose
from study.values.spec import SearchSpec
from study.values.states import TrialState
from study.values.variant import LeftOut


class Given(TrialSource):
    """Hands out given records once, as one pack, and keeps how they ended."""

    def __init__(self, records):
        self.records, self.ended = records, {}

    def next(self, cost=no_difference, num_places=1):
        given, self.records = self.records, []
        return given

    def report(self, plan, epoch):
        pass

    def finish(self, record):
        self.ended[record.plan.repeat] = record


class Refuses(Watcher):
    """Cannot write a checkpoint down."""

    def on_checkpoint(self, record):
        raise OSError("no room")


class Bench:
    """The events of one Tune trial whose members are assessments of two epochs each, if nothing else is said."""

    def __init__(self, folder, *, seeds=1, variant=None, watchers=(), **different):
        whole = scored(number=0, objectives=[0.5, 0.6])
        changes = {"purpose": Purpose.ASSESSMENT, "epochs": 2, "variant": variant, **different}
        plans = [whole.plan.model_copy(update={**changes, "repeat": seed}) for seed in range(seeds)]
        records = [whole.model_copy(update={"plan": plan, "epochs": (), "state": TrialState.RUNNING}) for plan in plans]
        self.epochs, self.source = whole.epochs, Given(records)
        ledger = Ledger(self.source, watchers)
        ledger.take()
        home = LocalCheckpoints(folder)
        brackets = ArmBrackets(SearchSpec(), [whole.plan.arm], epochs=2, known_epochs=ledger.epochs)
        self.retries = Retries(ledger, home, 3)
        phase = Phase(ledger=ledger, brackets=brackets, retries=self.retries)
        self.events = PhaseEvents(Phases(iter([phase])), CheckpointShelf(home, folder))
        self.ledger, self.keys, self.folder = ledger, [plan.folder for plan in plans], folder
        self.trial = SimpleNamespace(
            trial_id="first",
            config={MEMBERS: self.keys, NODE: None},
            last_result=None,
            pickled_error_file=None,
            status="RUNNING",
        )

    def member(self, number, epoch=None, **more):
        found = {TRIAL: self.keys[number], **more}
        if epoch is not None:
            record = self.epochs[epoch - 1]
            found |= {EPOCH: epoch, OBJECTIVE: record.objective, RECORD: record.model_dump_json()}
        return found

    def result(self, *members, done=False):
        self.trial.last_result = {MEMBERS: list(members), "done": done}
        self.events.on_trial_result(0, [], self.trial, self.trial.last_result)

    def save(self, *numbers):
        written = self.folder / "written"
        for number in numbers:
            place = written if len(self.keys) == 1 else written / str(number)
            place.mkdir(parents=True, exist_ok=True)
            (place / "weights").write_text("w")
        self.events.on_checkpoint(0, [], self.trial, SimpleNamespace(path=str(written)))

    def complete(self):
        self.events.on_trial_complete(0, [], self.trial)

    def die(self):
        self.events.on_trial_error(0, [], self.trial)

    def step_ends(self):
        self.events.on_step_end(0, [])


def test_an_assessment_that_died_in_its_last_save_does_not_end_before_it_is_scored_again(tmp_path):
    bench = Bench(tmp_path)
    bench.result(bench.member(0, 1))
    bench.result(bench.member(0, 2, **{TEST: {"test/digit/accuracy": 0.5}}), done=True)
    bench.die()  # before the checkpoint was there
    bench.result(bench.member(0, 1))
    assert bench.source.ended == {}, "its epochs and its score are on record, its checkpoint is not"
    bench.result(bench.member(0, 2, **{TEST: {"test/digit/accuracy": 0.5}}), done=True)
    bench.save(0)
    bench.complete()
    bench.step_ends()
    assert bench.source.ended[0].state is TrialState.COMPLETE
    assert bench.source.ended[0].checkpoint is not None


def test_a_trial_with_heirs_that_died_in_its_last_save_does_not_end_before_it_can_be_saved_again(tmp_path):
    bench = Bench(tmp_path, purpose=Purpose.SEARCH, course_epochs=4)
    bench.result(bench.member(0, 1))
    bench.result(bench.member(0, 2), done=True)
    bench.die()
    bench.result(bench.member(0, 1))
    assert bench.source.ended == {}, "all its epochs are on record, and its heirs would find no checkpoint"
    bench.result(bench.member(0, 2), done=True)
    bench.save(0)
    bench.complete()
    assert bench.source.ended[0].state is TrialState.COMPLETE
    assert bench.source.ended[0].checkpoint is not None


def test_a_trial_with_heirs_that_goes_on_from_its_last_epoch_trains_none_and_ends(tmp_path):
    bench = Bench(tmp_path, purpose=Purpose.SEARCH, course_epochs=4)
    bench.result(bench.member(0, 1))
    bench.result(bench.member(0, 2), done=True)
    bench.save(0)
    bench.die()
    bench.result(done=True)
    bench.complete()
    assert bench.source.ended[0].state is TrialState.COMPLETE


def test_a_backbone_for_others_ends_where_its_process_says_that_it_came_to_the_end(tmp_path):
    bench = Bench(tmp_path, variant=LeftOut(task="other"))
    bench.result(bench.member(0, 1))
    bench.result(bench.member(0, 2))
    assert bench.source.ended == {}
    bench.result(bench.member(0, None, **{OVER: True}), done=True)
    bench.save(0)
    bench.complete()
    assert bench.source.ended[0].state is TrialState.COMPLETE


def test_a_member_that_fails_in_the_last_step_leaves_no_checkpoint_and_stops_no_other(tmp_path):
    bench = Bench(tmp_path, seeds=3)
    for number in range(3):
        bench.result(bench.member(number, 1))
    score = {TEST: {"test/digit/accuracy": 0.5}}
    failed = bench.member(1, None, **{FAILURE: "loss is not finite"})
    bench.result(bench.member(0, 2, **score), failed, bench.member(2, 2, **score), done=True)
    bench.save(0, 2)
    bench.complete()
    bench.step_ends()
    states = {seed: record.state for seed, record in bench.source.ended.items()}
    assert states == {0: TrialState.COMPLETE, 1: TrialState.FAILED, 2: TrialState.COMPLETE}
    assert all(bench.source.ended[seed].checkpoint for seed in (0, 2))


def test_nothing_ends_in_a_step_in_which_something_could_not_be_written(tmp_path):
    bench = Bench(tmp_path, watchers=[Refuses()])
    bench.result(bench.member(0, 1))
    bench.result(bench.member(0, 2, **{TEST: {"test/digit/accuracy": 0.5}}), done=True)
    bench.save(0)
    bench.complete()
    assert bench.source.ended == {}
    with pytest.raises(OSError, match="no room"):
        bench.step_ends()
    assert bench.ledger.is_live(bench.keys[0]), "to be resumed"


def test_what_memory_did_not_hold_goes_again_in_parts_once_and_then_fails_with_the_reason(tmp_path):
    bench = Bench(tmp_path)
    lacking = {FAILURE: "MemoryError: no room", OUT_OF_MEMORY: True}
    bench.result(bench.member(0, None, **lacking), done=True)
    bench.complete()
    bench.step_ends()
    assert bench.source.ended == {}
    assert bench.ledger.num_interrupted == 0
    [again] = bench.retries.take()
    assert (again.micro_batches, again.hyperparameters.batch_size) == (2, 32)
    bench.trial.trial_id = "second"
    bench.result(bench.member(0, None, **lacking), done=True)
    bench.complete()
    assert bench.source.ended[0].state is TrialState.FAILED
    assert bench.source.ended[0].reason == "MemoryError: no room; with half the batch at a time too"


def test_one_of_a_pack_that_memory_did_not_hold_goes_again_alone_while_the_others_go_on(tmp_path):
    bench = Bench(tmp_path, seeds=2)
    lacking = {FAILURE: "MemoryError: no room", OUT_OF_MEMORY: True}
    bench.result(bench.member(0, None, **lacking), bench.member(1, 1))
    [again] = bench.retries.take()
    assert (again.repeat, again.micro_batches) == (0, 1)
    bench.result(bench.member(1, 2, **{TEST: {"test/digit/accuracy": 0.5}}), done=True)
    bench.save(1)
    bench.complete()
    assert list(bench.source.ended) == [1]
    assert bench.ledger.is_live(bench.keys[0]), "it trains elsewhere"
