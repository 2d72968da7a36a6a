"""Bad URLs, and storage that cannot be used: one sentence, in seconds, without secrets."""

import socket
import time
from pathlib import Path

import pytest

from study.adapters.remote.object_store import ObjectStore
from study.adapters.remote.url import child_url, is_url
from study.values.problems import InputError


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("s3://bucket/x", True),
        ("gs://bucket", True),
        ("runs/mine", False),
        ("/runs/s3:/x", False),
        (r"C:\runs", False),
        (Path("runs"), False),
    ],
)
def test_urls_are_told_from_paths(place, expected):
    assert is_url(place) is expected


def test_a_url_that_went_through_path_is_not_made_a_folder():
    with pytest.raises(InputError, match="give it as text"):
        is_url(Path("s3://bucket/x"))


def test_options_stay_behind_the_path():
    assert child_url("s3://b/x?scheme=http", "y/z") == "s3://b/x/y/z?scheme=http"
    assert child_url("s3://b/x/", "y") == "s3://b/x/y"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("s3://", "names no bucket"),
        ("s4://bucket/x", "s4"),
        ("az://bucket/x", "package that is not installed"),
        ("s3://bucket/x?endpoint=localhost", "endpoint"),
        ("file:///tmp/x", "give the path alone: /tmp/x"),
        ("s3://me:hunter2@bucket/x", "leave credentials out of the URL"),
        ("s3://bucket/x?secret_key=hunter2", "with the option secret_key; leave credentials out"),
    ],
)
def test_what_is_no_url_of_a_study_is_refused(url, expected):
    with pytest.raises(InputError, match=expected) as caught:
        ObjectStore(url)
    assert "hunter2" not in str(caught.value)
    assert len(caught.value.problems) == 1


def test_a_bucket_that_is_not_there_is_named(s3):
    with pytest.raises(InputError, match="there is no bucket nowhere"):
        ObjectStore(s3.url("x", bucket="nowhere")).check()


def test_an_endpoint_that_is_not_there():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(InputError, match=r"endpoint does not answer \(Could not connect"):
        ObjectStore(f"s3://bucket/x?endpoint_override={address}&scheme=http").check()


def test_an_endpoint_that_accepts_and_says_nothing(monkeypatch):
    """The client itself tries again for over a minute and a half."""
    monkeypatch.setattr("study.adapters.remote.object_store.CONTACT_S", 5.0)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"s3://bucket/x?endpoint_override=127.0.0.1:{silent.getsockname()[1]}&scheme=http"
        began = time.monotonic()
        with pytest.raises(InputError, match="endpoint does not answer"):
            ObjectStore(url).check()
        assert time.monotonic() - began < 60, "the client's own limit is over 90 s"


def test_credentials_that_are_refused(s3):
    store = ObjectStore(s3.url("x"))
    store.check()
    s3.check_credentials(True)
    try:
        for act in (store.check, lambda: store.write("a", b"a"), store.versions):
            with pytest.raises(InputError, match=r"access was refused .*check the credentials") as caught:
                act()
            assert "not-to-be-seen" not in str(caught.value)
    finally:
        s3.check_credentials(False)
    store.check()
