"""The lease: one owner at a time, over a real S3-compatible server."""

import os
import subprocess
import sys
import textwrap
import time

import pytest

from study.adapters.remote.lease import LEASE, Lease, LeaseRecord
from study.adapters.remote.object_store import ObjectStore
from study.values.problems import InputError


@pytest.fixture
def store(s3, request):
    return ObjectStore(s3.url(f"leases/{request.node.name}"))


def somebody_else(store, **changes):
    values = {
        "token": "theirs",
        "writer": "their mirror",
        "host": "elsewhere",
        "pid": 7,
        "machine": "another",
        "refreshed_at": time.time(),
    }
    store.write(LEASE, LeaseRecord.model_validate({**values, **changes}).model_dump_json().encode())


def test_a_second_owner_is_refused_until_the_first_lets_go(store):
    first, second = Lease(store), Lease(store)
    assert not second.is_held
    with first.held() as before:
        assert before is None
        assert second.is_held
        with pytest.raises(InputError, match=rf"in use: .* \(.*, process {os.getpid()}\)"), second.held():
            pass
    assert not second.is_held
    with second.held() as before:
        assert before is not None
        assert before.released


def test_a_dead_owners_lease_expires(store):
    somebody_else(store)
    with pytest.raises(InputError, match=r"elsewhere, process 7\); if that one is gone, it can be taken over in \d+ s"):
        Lease(store).held().__enter__()
    assert Lease(store).is_held
    time.sleep(3)
    with Lease(store, ttl_s=2).held() as before:
        assert before is not None
        assert before.writer == "their mirror"
    assert not any(name.startswith(".clock") for name in store.versions())


def test_a_clock_that_is_wrong_does_not_matter(store):
    somebody_else(store, refreshed_at=time.time() - 10_000)
    with pytest.raises(InputError, match="in use"):
        Lease(store).held().__enter__()


def test_a_process_of_this_machine_that_died_is_not_waited_for(store, s3):
    code = f"""
        from study.adapters.remote.lease import Lease
        from study.adapters.remote.object_store import ObjectStore
        held = Lease(ObjectStore({store.url!r})).held()
        held.__enter__()
        print("held", flush=True)
        import time
        time.sleep(600)
    """
    process = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(InputError, match="in use"):
        Lease(store).held().__enter__()
    process.kill()
    process.wait()
    assert not Lease(store).is_held
    with Lease(store).held():
        pass


def test_an_owner_keeps_it_for_as_long_as_it_lives(store):
    with Lease(store, ttl_s=4).held():
        time.sleep(8)
        with pytest.raises(InputError, match="in use"):
            Lease(store, ttl_s=4).held().__enter__()


def test_an_owner_hears_that_it_was_taken_over(store):
    lease = Lease(store, ttl_s=2)
    with lease.held():
        lease.check()
        somebody_else(store)
        deadline = time.monotonic() + 60
        while lease.is_mine and time.monotonic() < deadline:
            time.sleep(0.1)
        with pytest.raises(InputError, match="taken over by elsewhere, process 7"):
            lease.check()
    left = Lease(store).read()
    assert left is not None
    assert left.token == "theirs", "what was lost is not given back"
