"""What benchmarks gave becomes one table, each part with its command, and one picture; the rest of the page stays."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "benchmarks" / "all.py"
BEGIN, END = "<!-- written by scripts/benchmarks/all.py -->", "<!-- to here -->"
ROWS = [
    {"name": "probes: trials an hour", "ours": 32230.4, "theirs": 464.2, "ratio": 69.4, "bound": "ratio >= 50"},
    {"name": "memory, MiB", "ours": 669.0, "theirs": 582.0, "ratio": 0.87},
]


def shown(docs, rows):
    (docs / "measurements" / "linear-probe.json").write_text(json.dumps(rows))
    command = [sys.executable, SCRIPT, "--shown", "--docs", docs]
    subprocess.run(command, check=True, capture_output=True)
    return (docs / "performance.md").read_text()


def test_the_table_and_the_picture_are_of_the_results_that_are_there(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "measurements").mkdir()
    (tmp_path / "performance.md").write_text(f"# Before\n{BEGIN}\nold\n{END}\n# After\n")
    first = shown(tmp_path, ROWS)
    assert first.startswith(f"# Before\n{BEGIN}\nMedians of 5 pairs.")
    assert first.endswith(f"{END}\n# After\n")
    assert "old" not in first
    assert "`python scripts/benchmarks/against_ray_tune.py --quick --studies linear_probe --pairs 5`" in first
    assert "| probes: trials an hour | 32,230 | 464 | 69.4 | ratio >= 50 |" in first
    assert "Behind in: memory, MiB." in first
    assert "probes: trials an hour" in (tmp_path / "images" / "performance.svg").read_text()
    again = shown(tmp_path, ROWS[:1])
    assert "memory" not in again
    assert "Behind in: nothing that is measured here." in again
