"""A space without any configuration left: on file, for who reads the study while nobody searches it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from builders import following

from study.adapters.optuna_search.used_up_file import USED_UP_FILE
from study.orchestration.contest import Contest
from study.orchestration.search_facts import read_search_facts
from study.orchestration.status import study_status
from study.orchestration.unequal import unequal_budgets
from study.orchestration.watching import progress_of
from study.values.arm import build_arms
from study.values.problems import InputError
from study.values.records import TrialRecord
from study.values.states import TrialState

SPACE = """
import json
from pathlib import Path

def space(trial, arm):
    sizes = json.loads(Path(__file__).with_name("sizes.json").read_text())
    size = trial.suggest_categorical("batch_size", sizes[arm.arm.split("/")[1]])
    return {"freezing_depth": arm.num_stages, "batch_size": size, "head_learning_rate": 0.1}
"""
TWO: dict[str, Any] = {"backbones": ["resnet18", "resnet34"], "budget": {"epochs": 1}}
SMALL, LARGE = "linear_probe/resnet18/a", "linear_probe/resnet34/a"


def _spec(bench: Any, *, small: Sequence[int] = (8, 16, 32), **search: Any) -> Any:
    """Return the spec of an arm with few configurations and one with five, and write their space."""
    bench.write(SPACE)
    sizes = {"resnet18": small, "resnet34": [8, 16, 32, 64, 128]}
    (bench.root / "sizes.json").write_text(json.dumps(sizes))
    return bench.spec(**TWO, search={"sampler": "random", "trials": 5, **search})


def _end(source: Any, trained: Any, record: TrialRecord, bonus: float = 0.0) -> TrialRecord:
    done = trained(record, bonus + record.plan.hyperparameters.batch_size / 1000)
    source.report(record.plan, done.epochs[0])
    done = done.ended(TrialState.COMPLETE, at=1.0)
    source.finish(done)
    return done


def _search(bench: Any, trained: Any, spec: Any, ended: dict[int, TrialRecord]) -> None:
    source = bench.source(spec, ended)
    for record in iter(lambda: following(source), None):
        ended[record.plan.number] = _end(source, trained, record, 0.5 * ("resnet34" in record.plan.arm.id))


def _contest(bench: Any, spec: Any, ended: dict[int, TrialRecord]) -> Contest:
    return Contest(spec, build_arms(spec), list(ended.values()), read_search_facts(bench.root / "study"))


def _remaining(bench: Any, spec: Any, ended: dict[int, TrialRecord]) -> dict[str, int]:
    return dict(_contest(bench, spec, ended).remaining)


def test_a_space_that_is_used_up_ends_the_search_for_status_progress_and_leaderboard(bench: Any, trained: Any) -> None:
    spec, ended = _spec(bench), dict[int, TrialRecord]()
    _search(bench, trained, spec, ended)
    contest = _contest(bench, spec, ended)
    assert {arm: len(trials) for arm, trials in contest.searched.items()} == {SMALL: 3, LARGE: 5}
    status = study_status(contest, directory="d", running=False)
    assert status.phase == "assessment"
    assert [arm.remaining for arm in status.arms] == [0, 0]
    assert progress_of(contest, phase="search").total == 8
    [said] = unequal_budgets(contest)
    assert said.startswith(f"{SMALL}: no configuration of its space is left")
    assert said.endswith("so it had 3 trials instead of 5")


def test_more_trials_in_the_spec_change_nothing_where_there_is_no_other_configuration(bench: Any, trained: Any) -> None:
    ended: dict[int, TrialRecord] = {}
    _search(bench, trained, _spec(bench), ended)
    more = _spec(bench, trials=7)
    assert _remaining(bench, more, ended) == {SMALL: 0, LARGE: 2}
    _search(bench, trained, more, ended)
    assert _remaining(bench, more, ended) == {SMALL: 0, LARGE: 0}
    assert len(ended) == 8


def test_a_space_that_grew_is_searched_on_and_what_was_said_of_it_forgotten(bench: Any, trained: Any) -> None:
    ended: dict[int, TrialRecord] = {}
    _search(bench, trained, _spec(bench), ended)
    grown = _spec(bench, small=[8, 16, 32, 48], trials=6)
    source = bench.source(grown, ended)
    first = following(source)
    while first is not None and first.plan.arm.id != SMALL:
        ended[first.plan.number] = _end(source, trained, first)
        first = following(source)
    assert first is not None
    assert first.plan.hyperparameters.batch_size == 48
    assert SMALL not in read_search_facts(bench.root / "study").used_up.arms, "a lost record must not bring it back"
    ended[first.plan.number] = _end(source, trained, first)
    _search(bench, trained, grown, ended)
    assert read_search_facts(bench.root / "study").used_up.arms == {SMALL: 4, LARGE: 5}


def test_a_trial_whose_record_was_lost_is_owed(bench: Any, trained: Any) -> None:
    spec, ended = _spec(bench), dict[int, TrialRecord]()
    _search(bench, trained, spec, ended)
    lost = next(number for number, record in ended.items() if record.plan.arm.id == SMALL)
    del ended[lost]
    assert _remaining(bench, spec, ended)[SMALL] > 0
    _search(bench, trained, spec, ended)
    assert lost in ended
    assert _remaining(bench, spec, ended) == {SMALL: 0, LARGE: 0}


def test_a_damaged_file_is_named_and_the_search_finds_it_out_again(bench: Any, trained: Any) -> None:
    spec, ended = _spec(bench), dict[int, TrialRecord]()
    _search(bench, trained, spec, ended)
    file = bench.root / "study" / USED_UP_FILE
    whole = file.read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 4
        file.write_bytes(flipped)
        with pytest.raises(InputError, match=rf"{file}: the file was damaged; `study resume"):
            read_search_facts(bench.root / "study")
    file.write_bytes(whole.replace(b"3", b"4", 1))
    _search(bench, trained, spec, ended)
    assert len(ended) == 8
    assert file.read_bytes() == whole


def test_a_race_goes_by_it_in_the_records_as_in_the_search(bench: Any, trained: Any, capsys: Any) -> None:
    spec, ended = _spec(bench, trials=5, racing={"first_trials": 4}), dict[int, TrialRecord]()
    _search(bench, trained, spec, ended)
    assert f"{SMALL}: stopped by search.racing after 3 trials" in capsys.readouterr().err
    contest = _contest(bench, spec, ended)
    assert str(contest.stopped[SMALL]).startswith(f"{SMALL}: stopped by search.racing after 3 trials")
    assert contest.remaining == {SMALL: 0, LARGE: 0}
    assert list(contest.to_be_assessed) == [LARGE]
    first_four = {number: record for number, record in ended.items() if record.plan.arm.id == SMALL}
    first_four |= dict([one for one in sorted(ended.items()) if one[1].plan.arm.id == LARGE][:4])
    assert list(_contest(bench, spec, first_four).stopped) == [SMALL], "before the fifth trial of the other"
    assert list(Contest(spec, build_arms(spec), list(first_four.values())).stopped) == []


def test_what_a_race_was_decided_by_stands_though_the_space_grew(bench: Any, trained: Any) -> None:
    spec, ended = _spec(bench, racing={"first_trials": 4}), dict[int, TrialRecord]()
    _search(bench, trained, spec, ended)
    before = len(ended)
    _search(bench, trained, _spec(bench, small=[8, 16, 32, 48], racing={"first_trials": 4}), ended)
    assert len(ended) == before
