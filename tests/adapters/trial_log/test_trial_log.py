import re

from builders import epoch, plan, record, scored

from study.adapters.trial_log import LOG_FILE, TrialLogWatcher
from study.values.plan import Purpose
from study.values.states import TrialState


def logged(folder, of) -> list[str]:
    lines = (folder / of.plan.folder / LOG_FILE).read_text().splitlines()
    for line in lines:
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d .", line), line
    return [line.split(" ", 2)[2] for line in lines]


def test_a_trial_is_told_from_start_to_end(tmp_path):
    watcher = TrialLogWatcher(tmp_path)
    begun = record(3)
    watcher.on_start(begun)
    for number in (1, 2, 3):
        watcher.on_epoch(begun.plan, epoch(number))
    watcher.on_end(record(3, epochs=3, state=TrialState.COMPLETE))
    lines = logged(tmp_path, begun)
    assert lines[0] == "begins: 3 epochs, 1 CPU threads, 0 GPUs, seed 1"
    assert "freezing_depth=2" in lines[1]
    assert "batch_size=32" in lines[1]
    assert lines[2] == "epoch 1/3: objective 0.1 in 1.5 s, 0 samples; features read from the cache"
    assert lines[5:] == ["complete after 3 epochs in 60.0 s"]


def test_a_resumed_trial_goes_on_in_the_same_log(tmp_path):
    for behind in (0, 2):
        watcher = TrialLogWatcher(tmp_path)
        watcher.on_start(record(epochs=behind))
        watcher.close()
    lines = logged(tmp_path, record())
    assert lines[0].startswith("begins: ")
    assert lines[2].startswith("goes on after epoch 2: ")


def test_a_death_is_logged_line_by_line(tmp_path):
    TrialLogWatcher(tmp_path).on_death(record(epochs=2), "its worker died: gone\nfor good")
    assert logged(tmp_path, record()) == ["its worker died: gone", "for good"]


def test_a_failure_brings_its_traceback_line_by_line(tmp_path):
    failed = record(state=TrialState.FAILED, reason="ValueError: no\nreally").model_copy(
        update={"traceback": 'Traceback (most recent call last):\n  File "x.py", line 1\nValueError: no'}
    )
    TrialLogWatcher(tmp_path).on_end(failed)
    assert logged(tmp_path, failed) == [
        "failed: ValueError: no",
        "failed: really",
        "Traceback (most recent call last):",
        '  File "x.py", line 1',
        "ValueError: no",
    ]


def test_a_stopped_trial_says_why_and_an_assessment_what_it_scored(tmp_path):
    watcher = TrialLogWatcher(tmp_path)
    pruned = record(1, epochs=1, state=TrialState.PRUNED, reason="stopped early by the scheduler")
    watcher.on_end(pruned)
    assert logged(tmp_path, pruned) == ["pruned after 1 epochs in 60.0 s: stopped early by the scheduler"]
    assessed = scored(2, objectives=[0.5], state=TrialState.COMPLETE, purpose=Purpose.ASSESSMENT, repeat=1)
    assessed = assessed.model_copy(update={"test": {"test/defect/accuracy": 0.75}})
    watcher.on_end(assessed)
    assert logged(tmp_path, assessed)[1:] == ["test/defect/accuracy 0.75"]
    assert assessed.plan.folder.startswith("assessments/")
    assert plan(2).folder != assessed.plan.folder
