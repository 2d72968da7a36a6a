"""The mirror: what it brings, what it uploads and in which order, over a real S3-compatible server."""

import shutil
import sqlite3
from contextlib import closing

import pytest
from pyarrow.fs import FSSpecHandler, PyFileSystem

from study.adapters.remote.errors import StoreError
from study.adapters.remote.mirror import Mirror
from study.adapters.remote.object_store import ObjectStore


@pytest.fixture
def place(s3, tmp_path, request):
    """Return what opens mirrors of one URL, each on a machine of its own."""

    class Place:
        path = f"mirrors/{request.node.name.translate({91: '-', 93: None})}"
        store = ObjectStore(s3.url(path))

        def mirror(self, machine, store=None):
            return Mirror(store or self.store, tmp_path / machine, marker="spec.yaml", written_through=["spec.yaml"])

        def names(self):
            return s3.names(self.path)

    return Place()


def put(mirror, name, text):
    path = mirror.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def files(mirror):
    found = (path for path in mirror.folder.rglob("*") if path.is_file() and path.name != ".mirror")
    return {path.relative_to(mirror.folder).as_posix(): path.read_text() for path in found}


def insert(path, *values):
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE IF NOT EXISTS trials (number INTEGER)")
        connection.executemany("INSERT INTO trials VALUES (?)", [(value,) for value in values])


def numbers(path):
    with closing(sqlite3.connect(path)) as connection:
        return [number for (number,) in connection.execute("SELECT number FROM trials ORDER BY number")]


def test_what_one_machine_pushes_another_pulls(place):
    one, other = place.mirror("one"), place.mirror("other")
    one.write("spec.yaml", "spec")
    put(one, "trials/a/0/trial.json", "running")
    one.push()
    other.pull(writer=one.id)
    assert files(other) == files(one) == {"spec.yaml": "spec", "trials/a/0/trial.json": "running"}
    put(one, "trials/a/0/trial.json", "changed")  # as long as before, within the clock's second
    put(one, "trials/a/1/trial.json", "new")
    one.push()
    other.pull(writer=one.id)
    assert files(other) == files(one)


def test_unchanged_objects_are_neither_read_nor_written_again(place, s3):
    one, other = place.mirror("one"), place.mirror("other")
    one.write("spec.yaml", "spec")
    put(one, "a", "a")
    one.push()
    before = s3.client.head_object(Bucket="bucket", Key=f"{place.path}/a")["ETag"]
    # Changed behind the mirrors' backs: whoever wrote or read it again would show.
    other.pull(writer=one.id)
    s3.client.put_object(Bucket="bucket", Key=f"{place.path}/a", Body=b"behind")
    one.push()
    place.mirror("one").push()
    assert s3.client.head_object(Bucket="bucket", Key=f"{place.path}/a")["ETag"] != before


def test_what_is_gone_from_the_url_is_removed(place):
    one, other = place.mirror("one"), place.mirror("other")
    one.write("spec.yaml", "spec")
    put(one, "a", "a")
    one.push()
    other.pull(writer=one.id)
    put(other, "b", "never uploaded")
    place.store.delete("a")
    other.pull(writer=one.id)
    assert set(files(other)) == {"spec.yaml"}
    place.store.delete("spec.yaml")
    other.pull(writer=None)
    assert files(other) == {}


def test_a_url_without_a_study_is_not_read(place):
    place.store.write("somebody/elses/data", b"large")
    one = place.mirror("one")
    one.pull(writer=None)
    assert files(one) == {}


def test_the_last_writer_keeps_what_it_could_not_upload(place):
    one = place.mirror("one")
    one.write("spec.yaml", "spec")
    put(one, "a", "uploaded")
    one.push()
    put(one, "a", "newer than at the URL")
    put(one, "b", "never uploaded")
    again = place.mirror("one")
    again.pull(writer=again.id)
    assert files(again)["a"] == "newer than at the URL"
    again.push()
    assert place.store.read("b") == b"never uploaded"
    other = place.mirror("other")
    other.pull(writer=one.id)
    assert files(other)["a"] == "newer than at the URL"
    put(one, "a", "lost: another machine went on")
    one.pull(writer=other.id)
    assert files(one)["a"] == "newer than at the URL"


def test_a_mirror_whose_folder_was_deleted_is_not_taken_for_the_last_writer(place, tmp_path):
    one = place.mirror("one")
    one.write("spec.yaml", "spec")
    put(one, "a", "a")
    one.push()
    writer = one.id
    shutil.rmtree(one.folder)
    again = place.mirror("one")
    again.pull(writer=writer)
    assert files(again) == {"spec.yaml": "spec", "a": "a"}


def test_checkpoints_stay_at_the_url_until_they_are_asked_for(place):
    one, other = place.mirror("one"), place.mirror("other")
    one.write("spec.yaml", "spec")
    put(one, "assessments/a/0/checkpoint/weights", "w")
    put(one, "assessments/a/0/checkpoint.partial/weights", "half")
    put(one, "checkpoints/search-0/x/weights", "Ray Tune's own")
    one.push()
    assert place.names() == {"spec.yaml", "assessments/a/0/checkpoint/weights"}
    other.pull(writer=one.id)
    assert set(files(other)) == {"spec.yaml"}
    assert (other.bring("assessments/a/0/checkpoint") / "weights").read_text() == "w"
    other.pull(writer=one.id)
    other.push()
    assert (other.bring("assessments/a/0/checkpoint") / "weights").read_text() == "w"


def test_a_database_in_use_is_uploaded_whole(place, tmp_path):
    one = place.mirror("one")
    one.write("spec.yaml", "spec")
    insert(one.folder / "optuna.db", 1, 2)
    with closing(sqlite3.connect(one.folder / "optuna.db")) as busy:
        busy.execute("PRAGMA journal_mode=WAL")
        busy.execute("INSERT INTO trials VALUES (3)")
        busy.commit()
        busy.execute("INSERT INTO trials VALUES (4)")  # not committed
        one.push()
    assert place.names() == {"spec.yaml", "optuna.db"}
    other = place.mirror("other")
    other.pull(writer=one.id)
    assert numbers(other.folder / "optuna.db") == [1, 2, 3]


def test_an_older_databases_log_does_not_outlive_it(place):
    one, other = place.mirror("one"), place.mirror("other")
    one.write("spec.yaml", "spec")
    insert(one.folder / "optuna.db", 1)
    one.push()
    put(other, "optuna.db-wal", "of another database")
    other.pull(writer=one.id)
    assert {path.name for path in other.folder.iterdir()} == {"spec.yaml", "optuna.db"}


class DyingStore(ObjectStore):
    """One whose process dies at the n-th write."""

    def __init__(self, url, writes):
        super().__init__(url)
        self.left = writes

    def _spend(self):
        self.left -= 1
        if self.left < 0:
            raise StoreError("died")

    def write(self, name, content):
        self._spend()
        super().write(name, content)

    def upload(self, path, name):
        self._spend()
        super().upload(path, name)


@pytest.mark.parametrize("writes", range(9))
def test_an_upload_cut_short_anywhere_leaves_a_study_to_go_on_with(place, s3, tmp_path, writes):
    """Trial 0 is known and ends; trial 1 is new and ends. Cut short after any number of writes."""
    one = place.mirror("one")
    one.write("spec.yaml", "spec")
    put(one, "trials/0/epochs.jsonl", "1")
    put(one, "trials/0/trial.json", "running")
    insert(one.folder / "optuna.db", 0)
    one.push()
    put(one, "trials/0/epochs.jsonl", "1 2")
    put(one, "trials/0/trial.json", "complete")
    put(one, "trials/1/epochs.jsonl", "1 2")
    put(one, "trials/1/trial.json", "complete")
    insert(one.folder / "optuna.db", 1, 100)  # 100 stands for: 0 and 1 have ended
    dying = place.mirror("one", DyingStore(s3.url(place.path), writes))
    try:
        dying.push()
    except StoreError:
        assert writes < 5
    other = place.mirror("other")
    other.pull(writer=one.id)
    found, known = files_of_records(other), numbers(other.folder / "optuna.db")
    assert {int(name.split("/")[1]) for name in found if name.endswith("trial.json")} <= set(known)
    for number in (0, 1):
        if found.get(f"trials/{number}/trial.json") == "complete":
            assert found[f"trials/{number}/epochs.jsonl"] == "1 2"
    if 100 in known:
        assert found["trials/0/trial.json"] == "complete"
    # What was cut short is made up for.
    place.mirror("one").push()
    other.pull(writer=one.id)
    assert files_of_records(other) == files_of_records(one)
    assert numbers(other.folder / "optuna.db") == [0, 1, 100]


def files_of_records(mirror):
    return {
        path.relative_to(mirror.folder).as_posix(): path.read_text()
        for path in (mirror.folder / "trials").rglob("*")
        if path.is_file()
    }


def test_any_scheme_with_an_fsspec_package_works(tmp_path):
    store = ObjectStore("memory://somewhere/study")
    assert isinstance(store.filesystem, PyFileSystem)
    assert isinstance(store.filesystem.handler, FSSpecHandler)
    store.check()
    one = Mirror(store, tmp_path / "one", marker="spec.yaml", written_through=["spec.yaml"])
    other = Mirror(store, tmp_path / "other", marker="spec.yaml", written_through=["spec.yaml"])
    one.write("spec.yaml", "spec")
    put(one, "trials/0/trial.json", "running")
    one.push()
    other.pull(writer=None)
    assert files(other) == files(one)
    assert store.read("nothing") is None


def test_what_was_set_aside_is_not_fetched_back(place):
    one, other, third = (place.mirror(name) for name in ("one", "other", "third"))
    one.write("spec.yaml", "spec")
    put(one, "trials/a/0/trial.json", "damaged")
    put(one, "trials/a/0/epochs.jsonl", "1 2")
    put(one, "trials/a/1/trial.json", "whole")
    place.store.write("trials/a/0/checkpoint/weights", b"left there")
    one.write("optuna.db", "damaged")
    one.push()
    other.pull(writer=one.id)
    for name in ("trials/a/0", "optuna.db"):
        other.complete(name)
        (other.folder / "damaged" / name).parent.mkdir(parents=True, exist_ok=True)
        (other.folder / name).rename(other.folder / "damaged" / name)
        other.moved(name, f"damaged/{name}")
    kept = {
        "spec.yaml": "spec",
        "trials/a/1/trial.json": "whole",
        "damaged/trials/a/0/trial.json": "damaged",
        "damaged/trials/a/0/epochs.jsonl": "1 2",
        "damaged/trials/a/0/checkpoint/weights": "left there",
        "damaged/optuna.db": "damaged",
    }
    assert files(other) == kept
    assert place.names() == kept.keys()
    other.push()
    one.pull(writer=other.id)
    third.pull(writer=other.id)
    assert place.names() == kept.keys()
    here = {name: text for name, text in kept.items() if "checkpoint" not in name}
    assert files(one) == files(third) == here
