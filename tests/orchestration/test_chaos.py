"""A study under random real faults keeps its promise: `scripts/chaos`, for as long as CHAOS_MINUTES says."""

import json
import os
import subprocess
from pathlib import Path

import pytest

CHAOS = Path(__file__).parents[2] / "scripts" / "chaos"


@pytest.mark.slow
def test_nothing_is_lost_and_nothing_run_twice_whatever_happens(tmp_path):
    minutes = os.environ.get("CHAOS_MINUTES", "1")
    command = [str(CHAOS), "--minutes", minutes, "--seed", "11", "--json", str(tmp_path / "report.json")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["resumes"] >= 1
    assert len(report["faults"]) >= 2, "several kinds"
    found = (report["trials_lost"], report["trials_run_twice"], report["leaderboards_unlike_the_undisturbed"])
    assert found == (0, 0, 0)
