"""The SQLite file of a study is damaged: that is noticed, and it is made again as it was."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from builders import following
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from study.adapters.optuna_search import open_storage
from study.adapters.optuna_search.soundness import check_rebuildable, rebuild_storage, storage_damage
from study.values.arm import build_arms
from study.values.problems import InputError
from study.values.records import TrialRecord
from study.values.states import TrialState

ENDS = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAILED, TrialState.RUNNING)


class Played:
    """Four trials of two arms each, ended in different ways."""

    def __init__(self, bench: Any, trained: Any) -> None:
        self.bench, self.directory = bench, bench.root / "study"
        self.spec = bench.spec(search={"trials": 4}, backbones=["resnet18", "resnet34"])
        self.arms = build_arms(self.spec)
        self.records: dict[int, TrialRecord] = {}
        source = bench.source(self.spec)
        while (record := following(source)) is not None:
            state = ENDS[record.plan.number // 2]
            record = trained(record, 0.1, float("nan") if state is TrialState.FAILED else 0.2, 0.3)
            for epoch in record.epochs:
                source.report(record.plan, epoch)
            if state.is_final:
                record = record.ended(state, at=1.0, reason="why")
                source.finish(record)
            self.records[record.plan.number] = record

    def damage(self) -> str | None:
        return storage_damage(self.directory, self.spec.name, self.arms, list(self.records.values()))

    def trials(self) -> list[Any]:
        storage = open_storage(None, self.directory)
        found = [trial for study in storage.get_all_studies() for trial in storage.get_all_trials(study._study_id)]
        return [(t.number, t.state, t.values, t.params, t.distributions, t.user_attrs.get("number")) for t in found]

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self.directory / "optuna.db")) as connection, connection:
            assert connection.execute(statement).rowcount > 0

    @property
    def path(self) -> Any:
        return self.directory / "optuna.db"


@pytest.fixture
def played(bench: Any, trained: Any) -> Played:
    return Played(bench, trained)


def _overwritten(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 7
    path.write_bytes(content)


CHANGES = {
    "a parameter": "UPDATE trial_params SET param_value = 0.5 WHERE param_id = 2",
    "a distribution": "UPDATE trial_params SET distribution_json = '{}' WHERE param_id = 2",
    "a number": "UPDATE trial_user_attributes SET value_json = '3' WHERE key = 'number'",
    "an objective": "UPDATE trial_intermediate_values SET intermediate_value = 0.5",
    "a value": "UPDATE trial_values SET value = 0.5",
    "a state": "UPDATE trials SET state = 'FAIL' WHERE state = 'COMPLETE'",
    "no state at all": "UPDATE trials SET state = 'COMPLETF' WHERE state = 'COMPLETE'",
    "a trial fewer": "DELETE FROM trials WHERE trial_id = 3",
}
"""What a changed byte may come to."""
DAMAGES: dict[str, Any] = {
    "emptied": lambda one: one.path.write_bytes(b""),
    "gone": lambda one: one.path.unlink(),
    "cut short": lambda one: one.path.write_bytes(one.path.read_bytes()[: one.path.stat().st_size // 2]),
    "header flipped": lambda one: _overwritten(one.path, 0),
    "page flipped": lambda one: _overwritten(one.path, 4096),
    **{name: lambda one, statement=statement: one.change(statement) for name, statement in CHANGES.items()},
}


def test_a_sound_one_is_left_as_it_is(played: Played) -> None:
    asked = (played.directory / "asked.jsonl").read_bytes()
    assert played.damage() is None
    assert (played.directory / "asked.jsonl").read_bytes() == asked


@pytest.mark.parametrize("how", DAMAGES)
def test_damage_is_noticed_and_the_same_database_made_again(played: Played, how: str) -> None:
    before = played.trials()
    DAMAGES[how](played)
    assert played.damage() is not None
    played.path.unlink(missing_ok=True)
    rebuild_storage(played.directory, played.spec.name, played.arms)
    source = played.bench.source(played.spec, played.records)
    resumed = list(iter(lambda: following(source), None))
    assert [record.plan for record in resumed] == [played.records[6].plan, played.records[7].plan]
    assert played.trials() == before
    assert played.damage() is None


@pytest.mark.parametrize("content", [None, b"", b'{"study": \n'], ids=["gone", "emptied", "damaged"])
def test_what_was_asked_is_written_anew_from_a_sound_database(played: Played, content: bytes | None) -> None:
    path = played.directory / "asked.jsonl"
    before = sorted(path.read_bytes().splitlines())
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    assert played.damage() is None
    assert sorted(path.read_bytes().splitlines()) == before


def test_one_that_cannot_be_made_again_is_refused(played: Played) -> None:
    path = played.directory / "asked.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[1:]))
    records = list(played.records.values())
    with pytest.raises(InputError, match=r"asked\.jsonl: does not have trials 0 \(1 in all\)"):
        check_rebuildable(played.directory, played.spec.name, records)
    path.write_bytes(lines[0].replace(b"0", b"1", 1) + b"".join(lines[1:]))
    with pytest.raises(InputError, match=r"asked\.jsonl:1: the line was damaged"):
        check_rebuildable(played.directory, played.spec.name, records)


def test_nothing_asked_for_yet_is_no_damage(bench: Any) -> None:
    spec = bench.spec()
    (bench.root / "study").mkdir()
    assert storage_damage(bench.root / "study", spec.name, build_arms(spec), []) is None


def test_one_that_is_an_upload_behind_is_brought_up_to_what_was_asked(bench: Any) -> None:
    spec = bench.spec(search={"trials": 4})
    source, path = bench.source(spec), bench.root / "study/optuna.db"
    asked = [following(source) for _ in range(2)]
    behind = path.read_bytes()
    asked += [following(source) for _ in range(2)]
    path.write_bytes(behind)
    assert storage_damage(bench.root / "study", spec.name, build_arms(spec), asked[:2]) is None
    again = bench.source(spec, {record.plan.number: record for record in asked[:2]})
    assert [record.plan for record in iter(lambda: following(again), None)] == [record.plan for record in asked]


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bit_that_changed_is_noticed_or_changes_no_trial(played: Played, data: st.DataObject) -> None:
    known = played.directory / "known"
    if not known.exists():
        known.mkdir()
        for name in ("optuna.db", "asked.jsonl"):
            shutil.copy(played.directory / name, known)
    for name in ("optuna.db", "asked.jsonl"):
        shutil.copy(known / name, played.directory)
    before, content = played.trials(), bytearray(played.path.read_bytes())
    place = data.draw(st.sampled_from([place for place, byte in enumerate(content) if byte]))
    content[place] ^= 1 << data.draw(st.integers(0, 7))
    played.path.write_bytes(content)
    assert played.damage() is not None or played.trials() == before
