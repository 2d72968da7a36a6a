"""The benchmark of TensorBoard's load runs as it says, and finds less to load where curves are limited."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "benchmarks" / "tensorboard_load.py"


def test_results_are_written_as_every_benchmark_writes_them(tmp_path):
    command = [sys.executable, SCRIPT, "--trials", "180", "--epochs", "1", "--repeats", "1", "--json", tmp_path / "r"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert ran.returncode == 0, ran.stderr
    results = json.loads((tmp_path / "r").read_text())
    assert all(set(result) == {"name", "ours", "theirs", "ratio"} for result in results)
    ratios = {result["name"].partition(",")[0]: result["ratio"] for result in results}
    assert ratios["series (runs x tags)"] > 1.2
    assert ratios["event files (MiB)"] > 1
