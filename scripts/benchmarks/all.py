"""Run the benchmarks that `docs/performance.md` shows together, and write its table and picture of them.

    python scripts/benchmarks/all.py [--pairs N] [--only NAME ...] [--docs FOLDER] [--shown]

How long each is expected to take is told before anything starts. Results go to FOLDER/measurements/NAME.json as each
ends; the table in FOLDER/performance.md and the picture are of all results that are there, so that one benchmark can be
run again alone. `--shown` runs nothing and writes both anew.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from plot import svg
from table import Row

HERE = Path(__file__).resolve().parent
DOCS = HERE.parents[1] / "docs"
MEASUREMENTS = "measurements"
BEGIN, END = "<!-- written by scripts/benchmarks/all.py -->", "<!-- to here -->"


@dataclass(frozen=True, kw_only=True)
class Benchmark:
    """One command."""

    name: str
    command: str
    """Script and options, without those of this script."""
    pair_s: int
    """What a pair takes on 2 cores, in seconds."""
    needs: str | None = None
    """Package that it needs and the project does not."""

    def line(self, pairs: int) -> str:
        """Return what a person types to see it again."""
        return f"python scripts/benchmarks/{self.command} --pairs {pairs}"

    @property
    def is_runnable(self) -> bool:
        """Whether what it needs is installed."""
        return self.needs is None or importlib.util.find_spec(self.needs) is not None


BENCHMARKS = (
    Benchmark(name="linear-probe", command="against_ray_tune.py --quick --studies linear_probe", pair_s=60),
    Benchmark(name="freezing-depth", command="against_ray_tune.py --quick --studies freezing_depth", pair_s=100),
    Benchmark(name="two-tasks", command="against_ray_tune.py --quick --studies shared_representation", pair_s=100),
    Benchmark(name="optuna", command="against_optuna.py --quick --studies linear_probe", pair_s=50),
    Benchmark(
        name="syne-tune", command="against_syne_tune.py --quick --studies linear_probe", pair_s=60, needs="syne_tune"
    ),
    Benchmark(name="packs", command="packs.py", pair_s=25),
    Benchmark(name="overhead", command="overhead.py --against tuned", pair_s=70),
    Benchmark(name="memory", command="memory.py --epochs 1", pair_s=100),
)


def main() -> None:
    """Run them and write what they gave."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=5, metavar="N", help="times that both sides are run")
    parser.add_argument("--only", nargs="+", choices=[one.name for one in BENCHMARKS], help="run these alone")
    parser.add_argument("--docs", type=Path, default=DOCS, metavar="FOLDER", help="where the page is")
    parser.add_argument("--shown", action="store_true", help="run nothing, write the table and the picture")
    options = parser.parse_args()
    (options.docs / MEASUREMENTS).mkdir(parents=True, exist_ok=True)
    wanted = [one for one in BENCHMARKS if not options.only or one.name in options.only]
    failed = [] if options.shown else list(_run(wanted, options.pairs, options.docs / MEASUREMENTS))
    _show(options.docs, options.pairs)
    if failed:
        raise SystemExit(f"failed: {', '.join(failed)}")


def _run(wanted: Sequence[Benchmark], pairs: int, out: Path) -> Iterator[str]:
    """Run benchmarks one after another and yield the names of those that failed."""
    runnable = [one for one in wanted if one.is_runnable]
    for one in wanted:
        expected = f"{pairs * one.pair_s / 60:.0f} min" if one.is_runnable else f"left out: pip install {one.needs}"
        print(f"{one.name:16} {expected}", flush=True)
    print(f"{sum(pairs * one.pair_s for one in runnable) / 60:.0f} min in all\n", flush=True)
    for one in runnable:
        began = time.monotonic()
        command = [sys.executable, *one.command.split(), "--pairs", str(pairs), "--json", str(out / f"{one.name}.json")]
        done = subprocess.run([command[0], str(HERE / command[1]), *command[2:]])
        print(f"{one.name}: {(time.monotonic() - began) / 60:.1f} min\n", flush=True)
        if done.returncode != 0:
            yield one.name


def _show(docs: Path, pairs: int) -> None:
    """Write the picture, and the table into its place in the page."""
    files = [(one, docs / MEASUREMENTS / f"{one.name}.json") for one in BENCHMARKS]
    found = [(one, json.loads(file.read_text())) for one, file in files if file.is_file()]
    if not found:
        return
    (docs / "images" / "performance.svg").write_text(svg([row for _, rows in found for row in rows]), encoding="utf-8")
    page = docs / "performance.md"
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    shown = "\n".join(_table(found, pairs))
    page.write_text(f"{before}{BEGIN}\n{shown}\n{END}{after}", encoding="utf-8")


def _table(found: Sequence[tuple[Benchmark, Sequence[Row]]], pairs: int) -> Iterator[str]:
    yield f"Medians of {pairs} pairs. {_machine()}.\n"
    for one, rows in found:
        yield f"`{one.line(pairs)}`\n"
        yield "| what | ours | theirs | ratio | goal |\n|---|---|---|---|---|"
        for row in rows:
            figures = " | ".join(_short(row[figure]) for figure in ("ours", "theirs", "ratio"))
            yield f"| {row['name']} | {figures} | {row.get('bound', '')} |"
        yield ""
    behind = [row["name"] for _, rows in found for row in rows if row["ratio"] < 1]
    yield f"Behind in: {'; '.join(behind) or 'nothing that is measured here'}."


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").is_file() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "ray", "optuna"))
    return f"{model or platform.machine()}, 2 CPUs used; Python {platform.python_version()}, {versions}"


if __name__ == "__main__":
    main()
