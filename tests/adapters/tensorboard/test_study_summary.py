"""The study-level run, as TensorBoard's own readers and plugins give it to the page."""

import re
from itertools import pairwise

import builders
import pytest
from builders import START
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.text.text_plugin import TextPlugin

from study.adapters.tensorboard import StudySummary, TensorBoardWatcher
from study.orchestration.leaderboard import leaderboard
from study.orchestration.leaderboard_text import leaderboard_markdown
from study.values.choice import ChoiceRule
from study.values.class_counts import ClassCounts
from study.values.metric_names import metrics_of
from study.values.plan import Purpose
from study.values.protocols import Protocol
from study.values.states import TrialState
from study.values.target_kind import TargetKind

ARMS = builders.arms()
DEFECT, TYPE, SHARED = ARMS
COMPLETE, PRUNED, FAILED = TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED
RUN = "summary"


def render(records):
    return leaderboard_markdown(leaderboard(ARMS, records, confidence=0.95))


def trial(number, objectives, *, arm=DEFECT, state=COMPLETE, **changes):
    """Return a trial that ended as many seconds after the start as its number says."""
    record = builders.scored(number, arm=arm, objectives=objectives, state=state, **changes)
    return record.model_copy(update={"ended_at": START + number})


TRIALS = [
    trial(0, [0.1, 0.5]),
    trial(1, [0.9], state=PRUNED),
    trial(2, [0.2, 0.6], arm=SHARED),
    trial(3, [0.1, 0.4]),
    trial(4, [], state=FAILED),
    trial(5, [0.3, 0.7]),
]


def summary(directory, *, earlier=(), arms=ARMS):
    return StudySummary(directory, arms, render, earlier=earlier)


def curves(reader):
    """Return step, value and wall time of each point, by arm."""
    prefix = "best_so_far/"
    found = {}
    for tag in sorted(reader.scalar_tags(RUN)):
        assert tag.startswith(prefix)
        points = zip(reader.steps(RUN, tag), reader.curve(RUN, tag), reader.wall_times(RUN, tag), strict=True)
        found[tag.removeprefix(prefix)] = [(step, pytest.approx(value), at) for step, value, at in points]
    return found


EXPECTED = {
    # The arm's complete trials alone: one stopped early is not comparable, though its objective was higher.
    DEFECT.id: [
        (1, 0.5, START),
        (2, 0.5, START + 1),
        (4, 0.5, START + 3),
        (5, 0.5, START + 4),
        (6, 0.7, START + 5),
    ],
    SHARED.id: [(3, 0.6, START + 2)],
}


def drawn_by(chart, tags):
    return [tag for pattern in chart.multiline.tag for tag in sorted(tags) if re.match(pattern, tag)]


def test_each_arm_shows_the_best_of_its_complete_trials_whenever_one_of_its_trials_ends(tmp_path, read, tell):
    watcher = summary(tmp_path)
    tell(watcher, *TRIALS)
    assert curves(read(tmp_path)) == EXPECTED  # while the watcher is open
    watcher.close()


@pytest.mark.parametrize("cut", range(len(TRIALS) + 1))
def test_it_goes_on_where_it_stood(tmp_path, read, tell, cut):
    first = summary(tmp_path)
    tell(first, *TRIALS[:cut])
    first.close()
    again = summary(tmp_path, earlier=TRIALS[:cut])
    tell(again, *TRIALS[cut:])
    again.close()
    reader = read(tmp_path)
    assert curves(reader) == EXPECTED
    assert reader.num_layouts(RUN) == 1


def test_what_a_death_kept_from_it_is_made_up_for_from_the_records(tmp_path, read, tell):
    first = summary(tmp_path)
    tell(first, *TRIALS[:2])
    first.close()
    [file] = (tmp_path / RUN).iterdir()
    with file.open("r+b") as held:
        held.truncate(file.stat().st_size - 3)
    shuffled = [TRIALS[number] for number in (5, 2, 0, 4, 1, 3)]
    for _ in range(2):
        summary(tmp_path, earlier=shuffled).close()
    assert {arm: sorted(points, key=lambda point: point[0]) for arm, points in curves(read(tmp_path)).items()} == {
        arm: [(step, pytest.approx(value), at) for step, value, at in points] for arm, points in EXPECTED.items()
    }


def test_lower_is_better_where_the_metric_says_so(tmp_path, read, tell):
    watcher = summary(tmp_path)
    trials = [builders.scored(n, objectives=[value], state=COMPLETE, metric="nll") for n, value in enumerate([3, 1, 2])]
    tell(watcher, *trials)
    watcher.close()
    assert read(tmp_path).curve(RUN, f"best_so_far/{DEFECT.id}") == [3, 1, 1]


def test_by_another_rule_of_choice_the_curve_stays_the_best_and_the_leaderboard_has_the_chosen(tmp_path, read, tell):
    counts = {"defect": ClassCounts.of([50, 50])}
    rule = {"choice": ChoiceRule.ONE_STANDARD_ERROR, "validation_counts": counts}
    deeper = {"hyperparameters": builders.plan().hyperparameters.model_copy(update={"freezing_depth": 3})}
    watcher = summary(tmp_path)
    tell(watcher, trial(0, [0.9], **rule), trial(1, [0.88], **rule, **deeper), trial(2, [0.89], **rule))
    watcher.close()
    reader = read(tmp_path)
    assert reader.curve(RUN, f"best_so_far/{DEFECT.id}") == pytest.approx([0.9, 0.9, 0.9])
    *_, text = reader.texts(RUN, "leaderboard")
    assert "| fine_tuning/lite0/defect | defect | balanced_accuracy | 0.88 |" in text


def test_the_leaderboard_is_a_table_of_what_the_records_say_and_grows_only_when_it_changes(tmp_path, read, tell):
    watcher = summary(tmp_path)
    tell(watcher, TRIALS[1])
    assert "leaderboard" not in read(tmp_path).multiplexer.GetAccumulator(RUN).Tags()["tensors"]
    tell(watcher, *TRIALS[:1], *TRIALS[2:])
    test = {f"test/defect/{name}": 0.75 for name in metrics_of(TargetKind.CLASSIFICATION)}
    assessed = trial(5, [0.7], purpose=Purpose.ASSESSMENT, repeat=0).model_copy(update={"test": test})
    tell(watcher, assessed)
    watcher.close()
    summary(tmp_path, earlier=[*TRIALS, assessed]).close()

    texts = read(tmp_path).texts(RUN, "leaderboard")
    assert texts[-1] == render([*TRIALS, assessed])
    assert all(one != other for one, other in pairwise(texts))
    head, rule, *rows = texts[-1].splitlines()
    assert head == "| rank | arm | task | metric | validation | test | interval | seeds | trial | trials |"
    assert re.fullmatch(r"\|( --- \|){10}", rule)
    assert rows[0] == f"| 1 | {DEFECT.id} | defect | balanced_accuracy | 0.7 | 0.75 |  | 1 | 5 | 3 |"
    assert len(rows) == 4


def test_the_text_tab_draws_it_as_a_table(tmp_path, read, tell):
    watcher = summary(tmp_path)
    tell(watcher, *TRIALS)
    watcher.close()
    plugin = TextPlugin(TBContext(data_provider=read(tmp_path).provider))
    events = plugin.text_impl(RequestContext(), RUN, "leaderboard", "", enable_markdown=True)
    assert "<table>" in events[-1]["text"]
    assert f"<td>{DEFECT.id}</td>" in events[-1]["text"]


def test_the_layout_groups_splits_by_task_and_metric_and_every_tag_of_it_is_there(tmp_path, read, tell):
    overview, trials = summary(tmp_path), TensorBoardWatcher(tmp_path, ARMS)
    records = [
        builders.record(number, epochs=2, state=COMPLETE, arm=arm) for number, arm in enumerate((DEFECT, TYPE, SHARED))
    ]
    for watcher in (overview, trials):
        tell(watcher, *records)
        watcher.close()
    reader = read(tmp_path)
    best, *tasks = reader.layout().category
    assert [chart.title for chart in best.chart] == [
        "defect balanced_accuracy",
        "type balanced_accuracy",
        "defect balanced_accuracy, type balanced_accuracy",
    ]
    assert [task.title for task in tasks] == ["defect: train, validation, gap", "type: train, validation, gap"]
    assert [task.chart[0].title for task in tasks] == ["balanced_accuracy"] * 2
    assert {chart.title for chart in tasks[0].chart} == set(metrics_of(TargetKind.CLASSIFICATION))

    tags = {tag for run in reader.runs() for tag in reader.scalar_tags(run)}
    drawn = {chart.title: drawn_by(chart, tags) for chart in tasks[0].chart}
    assert drawn["nll"] == ["train/defect/nll", "validation/defect/nll", "gap/defect/nll"]
    assert [tag for chart in best.chart for tag in drawn_by(chart, tags)] == [
        f"best_so_far/{arm.id}" for arm in (DEFECT, TYPE, SHARED)
    ]
    patterns = [pattern for category in (best, *tasks) for chart in category.chart for pattern in chart.multiline.tag]
    assert all(any(re.match(pattern, tag) for tag in tags) for pattern in patterns)


def test_another_layout_takes_the_place_of_an_earlier_one(tmp_path, read):
    summary(tmp_path, arms=[DEFECT]).close()
    summary(tmp_path, arms=[builders.arm(Protocol.SHARED_REPRESENTATION)]).close()
    assert [category.title for category in read(tmp_path).layout().category][1:] == [
        "defect: train, validation, gap",
        "type: train, validation, gap",
    ]
