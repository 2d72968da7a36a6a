"""Of ended trials the best keep their curves; of the rest the HPARAMS tab and the outcome stay."""

import builders
import pytest
from builders import START
from tensorboard.plugins.hparams import api_pb2

from study.adapters.tensorboard import TensorBoardWatcher
from study.adapters.tensorboard import watcher as watcher_module
from study.values.metric_names import OBJECTIVE, Cost
from study.values.plan import Purpose
from study.values.selection import select
from study.values.spec import Curves, TensorBoardSpec
from study.values.states import TrialState

ARMS = builders.arms()
DEFECT, TYPE, _ = ARMS
COMPLETE, PRUNED, FAILED = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED
BEST_2 = TensorBoardSpec(curves=Curves.BEST, num_best=2)
ALL = TensorBoardSpec(curves=Curves.ALL)
OWN = "validation/defect/balanced_accuracy"
LOSS = "train/defect/loss"


def trial(number, objectives, *, arm=DEFECT, state=COMPLETE, **changes):
    record = builders.scored(number, arm=arm, objectives=objectives, state=state, **changes)
    return record.model_copy(update={"ended_at": START + 60 + number, "reason": None if state is COMPLETE else "why"})


TRIALS = [
    trial(0, [0.1, 0.2, 0.5]),
    trial(1, [0.9], state=PRUNED),
    trial(2, [0.1, 0.2, 0.3]),
    trial(3, [0.1, 0.1, 0.1], arm=TYPE),
    trial(4, [0.2, 0.2], state=FAILED),
    trial(5, [0.3, 0.4, 0.7]),
    trial(6, [], state=FAILED),
    trial(7, [0.1, 0.1, 0.4]),
]
BEST = {0, 3, 5}
"""The best 2 of one arm, and all there are of another."""


def shown(reader):
    """Return the steps of the objective by trial number."""
    groups = reader.sessions()
    return {
        number_of(run): reader.steps(run, OBJECTIVE) if OBJECTIVE in reader.scalar_tags(run) else [] for run in groups
    }


def number_of(run):
    return int(run.rpartition("/")[2])


def expected(kept):
    """Return the steps of the objective by trial number where those trials have their curves."""
    return {
        record.plan.number: [epoch.epoch for epoch in record.epochs][0 if record.plan.number in kept else -1 :]
        for record in TRIALS
    }


def test_the_best_and_the_live_keep_their_curves_and_every_trial_its_place_in_hparams(tmp_path, read, tell):
    watcher = TensorBoardWatcher(tmp_path, ARMS, shown=BEST_2)
    live = trial(8, [0.05, 0.06], state=TrialState.RUNNING)
    tell(watcher, live, *TRIALS)
    reader = read(tmp_path)
    assert shown(reader) == {**expected(BEST), 8: [1, 2]}
    groups = {number_of(run): group for run, group in reader.sessions().items()}
    for record in TRIALS:
        values = {metric.name.tag: metric.value for metric in groups[record.plan.number].metric_values}
        last = record.epochs[-1].metrics if record.epochs else {}
        compared = [OBJECTIVE, f"validation/{record.plan.arm.task_names[0]}/balanced_accuracy"]
        assert values == pytest.approx({tag: last[tag] for tag in compared if last})
        assert groups[record.plan.number].hparams["batch_size"].number_value == 32
        assert groups[record.plan.number].sessions[0].end_time_secs == record.ended_at
        assert groups[record.plan.number].sessions[0].start_time_secs == START
    status = {number: group.sessions[0].status for number, group in groups.items()}
    assert (status[2], status[1], status[4]) == (
        api_pb2.STATUS_SUCCESS,
        api_pb2.STATUS_UNKNOWN,
        api_pb2.STATUS_FAILURE,
    )
    assert reader.scalar_tags(TRIALS[2].plan.folder) == {OBJECTIVE, OWN}
    assert LOSS in reader.scalar_tags(TRIALS[0].plan.folder)
    assert reader.texts(TRIALS[4].plan.folder, "outcome")[0].startswith("**failed** after 2 of 3 epochs")
    watcher.close()


def test_a_trial_stopped_early_is_kept_only_where_complete_ones_leave_room(tmp_path, read, tell):
    watcher = TensorBoardWatcher(tmp_path, ARMS, shown=TensorBoardSpec(curves=Curves.BEST, num_best=5))
    tell(watcher, *TRIALS)
    watcher.close()
    assert shown(read(tmp_path)) == expected(BEST | {1, 2, 7})


@pytest.mark.parametrize("again", [False, True])
def test_what_is_selected_keeps_its_curve_though_better_ones_cost_too_much(tmp_path, read, tell, again):
    def costing(number, objective, parameters):
        record = trial(number, [0.1, objective], limits={Cost.PARAMETERS: 10.0})
        told = [epoch.model_copy(update={"costs": {"parameters": parameters}}) for epoch in record.epochs]
        return record.model_copy(update={"epochs": tuple(told)})

    chances = [(0.5, 5.0), (0.9, 50.0), (0.8, 50.0), (0.6, 5.0), (0.4, 5.0)]
    records = [costing(number, objective, parameters) for number, (objective, parameters) in enumerate(chances)]
    watcher = TensorBoardWatcher(tmp_path, [DEFECT], shown=BEST_2)
    tell(watcher, *records)
    watcher.close()
    if again:
        TensorBoardWatcher(tmp_path, [DEFECT], shown=BEST_2, earlier=records).close()
    kept = {number for number, steps in shown(read(tmp_path)).items() if steps == [1, 2]}
    assert select(records).plan.number == 3
    assert kept == {1, 2, 3}


def test_none_but_the_live_keep_theirs_where_no_best_is_asked_for(tmp_path, read, tell):
    watcher = TensorBoardWatcher(tmp_path, ARMS, shown=TensorBoardSpec(num_best=0))
    tell(watcher, *TRIALS)
    watcher.close()
    assert shown(read(tmp_path)) == expected(set())


@pytest.mark.parametrize("kept", [ALL, TensorBoardSpec(curves=Curves.BEST, num_best=0)])
def test_scores_on_examples_set_aside_are_shown_at_the_end_of_the_trial(tmp_path, read, tell, kept):
    record = trial(0, [0.1, 0.3])
    last = record.epochs[-1].model_copy(update={"outer": {"outer/defect/balanced_accuracy": 0.25}})
    record = record.model_copy(update={"epochs": (*record.epochs[:-1], last)})
    tell(TensorBoardWatcher(tmp_path, [DEFECT], shown=kept), record)
    (run,) = (run for run in read(tmp_path).runs() if run.startswith("trials/"))
    assert read(tmp_path).curve(run, "outer/defect/balanced_accuracy") == [0.25]
    assert read(tmp_path).steps(run, "outer/defect/balanced_accuracy") == [2]


def test_an_assessment_keeps_its_curve(tmp_path, read, tell):
    watcher = TensorBoardWatcher(tmp_path, ARMS, shown=TensorBoardSpec(num_best=0))
    record = trial(0, [0.1, 0.2], purpose=Purpose.ASSESSMENT).model_copy(update={"test": {"test/defect/nll": 0.5}})
    tell(watcher, record)
    watcher.close()
    assert read(tmp_path).steps(record.plan.folder, LOSS) == [1, 2]


@pytest.mark.parametrize("cut", range(1, len(TRIALS) + 1))
def test_a_resumed_study_goes_on_with_the_same_choice(tmp_path, read, tell, cut):
    first = TensorBoardWatcher(tmp_path, ARMS, shown=BEST_2)
    tell(first, *TRIALS[:cut])
    first.close()
    again = TensorBoardWatcher(tmp_path, ARMS, earlier=TRIALS[:cut], shown=BEST_2)
    tell(again, *TRIALS[cut:])
    again.close()
    assert shown(read(tmp_path)) == expected(BEST)


@pytest.mark.parametrize("step", ["before", "after"])
def test_a_death_while_a_curve_is_dropped_is_made_up_for(tmp_path, read, tell, step, monkeypatch):
    def die_at(folder, record):
        if step == "after":  # the short form is written, what it replaces is still there
            held = {path: path.read_bytes() for path in folder.iterdir()}
            shorten(folder, record)
            for path, content in held.items():
                path.write_bytes(content)
        raise KeyboardInterrupt

    shorten = watcher_module.shorten
    watcher = TensorBoardWatcher(tmp_path, ARMS, shown=BEST_2)
    with monkeypatch.context() as patched:
        patched.setattr(watcher_module, "shorten", die_at)
        with pytest.raises(KeyboardInterrupt):
            tell(watcher, *TRIALS)
    watcher.close()
    died_after = TRIALS[:3]
    assert set(map(number_of, read(tmp_path).sessions())) == {0, 1, 2}
    again = TensorBoardWatcher(tmp_path, ARMS, earlier=died_after, shown=BEST_2)
    tell(again, *TRIALS[3:])
    again.close()
    assert shown(read(tmp_path)) == expected(BEST)
    assert not list(tmp_path.rglob("*.partial"))


def test_curves_come_back_from_the_records_when_all_are_asked_for(tmp_path, read, tell):
    watcher = TensorBoardWatcher(tmp_path, ARMS, shown=BEST_2)
    tell(watcher, *TRIALS)
    watcher.close()
    for _ in range(2):
        TensorBoardWatcher(tmp_path, ARMS, earlier=TRIALS, shown=ALL).close()
    reader = read(tmp_path)
    assert shown(reader) == expected(set(range(8)))
    assert reader.steps(TRIALS[2].plan.folder, LOSS) == [1, 2, 3]
    assert reader.wall_times(TRIALS[2].plan.folder, LOSS) == [START + 1.5, START + 3, START + 4.5]
    for _ in range(2):
        TensorBoardWatcher(tmp_path, ARMS, earlier=TRIALS, shown=BEST_2).close()
    assert shown(read(tmp_path)) == expected(BEST)
    assert {sum("tfevents" in path.name for path in (tmp_path / r.plan.folder).iterdir()) for r in TRIALS} == {1}


def test_a_trial_that_goes_on_after_its_end_was_lost_has_its_curve(tmp_path, read, tell):
    watcher = TensorBoardWatcher(tmp_path, ARMS, shown=TensorBoardSpec(num_best=0))
    tell(watcher, TRIALS[0])
    watcher.close()
    # The directory was brought back to an earlier state, but for what TensorBoard reads.
    again = TensorBoardWatcher(tmp_path, ARMS, shown=BEST_2)
    tell(again, trial(0, [0.1, 0.2, 0.5]))
    again.close()
    assert read(tmp_path).steps(TRIALS[0].plan.folder, LOSS) == [1, 2, 3]


def test_a_tensorboard_that_is_open_goes_on_reading_across_the_change(tmp_path, read, tell):
    watcher = TensorBoardWatcher(tmp_path, ARMS, shown=TensorBoardSpec(num_best=1))
    worse, better = trial(0, [0.1, 0.2]), trial(1, [0.8, 0.9])
    watcher.on_start(worse.model_copy(update={"epochs": (), "state": TrialState.RUNNING, "ended_at": None}))
    watcher.on_epoch(worse.plan, worse.epochs[0])
    reader = read(tmp_path)
    watcher.on_epoch(worse.plan, worse.epochs[1])
    watcher.on_end(worse)
    tell(watcher, better)
    watcher.close()
    reader.multiplexer.AddRunsFromDirectory(str(tmp_path))
    reader.multiplexer.Reload()
    groups = {number_of(run): group for run, group in reader.sessions().items()}
    assert groups[0].sessions[0].status == groups[1].sessions[0].status == api_pb2.STATUS_SUCCESS
    values = {metric.name.tag: metric.value for metric in groups[0].metric_values}
    assert values[OBJECTIVE] == pytest.approx(0.2)
