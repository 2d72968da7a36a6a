"""Ctrl-C and SIGTERM are the same request, and the second of either stops at once."""

import subprocess
import sys

PROGRAM = """
import os, signal
from study.adapters.tune.stopping import StoppedAtOnce, stop_on_signals

before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
for first in (signal.SIGINT, signal.SIGTERM):
    for second in (signal.SIGINT, signal.SIGTERM):
        with stop_on_signals() as request:
            assert not request.is_made
            os.kill(os.getpid(), first)
            assert request.is_made and request.signal == first
            try:
                os.kill(os.getpid(), second)
            except StoppedAtOnce:
                print("stopped at once")
assert before == [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
"""


def test_both_signals_ask_for_a_stop_and_a_second_one_stops_at_once():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", PROGRAM], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("stopped at once") == 4
    assert done.stderr.count("stopping after the epoch that runs now") == 4
