"""A study under random real faults keeps its promise: `scripts/chaos`, for as many minutes and as many kills of its
driver as CHAOS_MINUTES and CHAOS_KILLS say."""

import json
import os
import subprocess
from pathlib import Path

import pytest

CHAOS = Path(__file__).parents[2] / "scripts" / "chaos"


def chaos(folder, *options):
    """Return what came of a run of the script."""
    command = [str(CHAOS), "--json", str(folder / "report.json"), *options]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((folder / "report.json").read_text())
    found = (report["trials_lost"], report["trials_run_twice"], report["leaderboards_unlike_the_undisturbed"])
    assert found == (0, 0, 0)
    return report


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_run_twice_whatever_happens(tmp_path):
    report = chaos(tmp_path, "--minutes", os.environ.get("CHAOS_MINUTES", "1"), "--seed", "11")
    assert report["resumes"] >= 1
    assert len(report["faults"]) >= 2, "several kinds"


@pytest.mark.slow
def test_a_driver_is_killed_again_and_again(tmp_path):
    kills = os.environ.get("CHAOS_KILLS", "8")
    report = chaos(tmp_path, "--only", "kill_driver", "--faults", kills, "--seed", "12")
    assert report["faults"] == {"kill_driver": int(kills)}
