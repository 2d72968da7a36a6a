"""Uploads while a study runs: what happens when the storage cannot be reached for a while, or to the end."""

import logging
import time

import pytest

from study.adapters.remote.errors import StoreError
from study.adapters.remote.mirror import Mirror
from study.adapters.remote.object_store import ObjectStore
from study.adapters.remote.uploader import Uploader
from study.values.problems import InputError


class Unreliable(ObjectStore):
    """One that cannot be written to while it is down."""

    down = False
    attempts = 0

    def upload(self, path, name):
        self.attempts += 1
        if self.down:
            raise StoreError(f"cannot write {name}")
        super().upload(path, name)


@pytest.fixture
def store(s3, request):
    return Unreliable(s3.url(f"uploads/{request.node.name}"))


def uploader(store, tmp_path, check=lambda: None):
    mirror = Mirror(store, tmp_path / "mirror", marker="spec.yaml", written_through=["spec.yaml"])
    return mirror, Uploader(mirror, check, url=store.url, interval_s=0.1)


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_changes_is_uploaded_all_the_while_and_at_the_end(store, tmp_path):
    mirror, uploads = uploader(store, tmp_path)
    with uploads.running():
        for text in (b"1", b"2"):
            (mirror.folder / "a").write_bytes(text)
            wait_for(lambda text=text: store.read("a") == text)
        (mirror.folder / "b").write_bytes(b"last")
    assert store.read("b") == b"last"


def test_a_failure_is_told_once_and_made_up_for(store, tmp_path, caplog):
    mirror, uploads = uploader(store, tmp_path)
    with caplog.at_level(logging.WARNING), uploads.running():
        store.down = True
        (mirror.folder / "a").write_bytes(b"1")
        wait_for(lambda: store.attempts >= 3)
        store.down = False
        wait_for(lambda: store.read("a") == b"1")
        wait_for(lambda: len(caplog.messages) == 2)
    first, second = caplog.messages
    assert first.startswith("cannot write a; the study goes on and tries again")
    assert second.endswith("is written to again")


def test_a_last_upload_that_fails_says_where_the_results_are(store, tmp_path, monkeypatch):
    monkeypatch.setattr("study.adapters.remote.uploader._LAST_PAUSES_S", (0.1,))
    mirror, uploads = uploader(store, tmp_path)

    def work():
        with uploads.running():
            store.down = True
            (mirror.folder / "a").write_bytes(b"1")

    with pytest.raises(StoreError, match="study resume") as caught:
        work()
    assert str(mirror.folder) in str(caught.value)


def test_nothing_is_written_once_another_process_has_taken_over(store, tmp_path):
    def check():
        raise InputError("taken over")

    mirror, uploads = uploader(store, tmp_path, check)

    def work():
        with uploads.running():
            (mirror.folder / "a").write_bytes(b"1")

    with pytest.raises(InputError, match="taken over"):
        work()
    assert store.read("a") is None
