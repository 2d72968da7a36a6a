"""`./scripts/fuzz`: inputs for every reader, or for some, from a seed; exit code 1 where one crashes or hangs."""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from fuzzing.campaign import Campaign, run
from fuzzing.guided import run_guided

MEMORY = Path("/dev/shm")


def main() -> None:
    """Run the campaigns and report them."""
    asked = _asked()
    with _instrumented(asked.engine):
        from mutations import mutated
        from targets import TARGETS

    unknown = sorted(set(asked.reader or ()) - TARGETS.keys())
    if unknown:
        sys.exit(f"no such reader: {', '.join(unknown)}; there are {', '.join(TARGETS)}")
    asked.crashes.mkdir(parents=True, exist_ok=True)
    rows = []
    for name in asked.reader or TARGETS:
        # In memory: what is measured and tried is the reader, not the disk.
        with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
            target, campaign = TARGETS[name](Path(folder)), Campaign(reader=name)
            if asked.engine == "atheris":
                run_guided(campaign, target, asked.inputs, asked.seed, asked.crashes)
            else:
                chance = random.Random(f"{asked.seed} {name}")
                run(campaign, (mutated(chance, target.real) for _ in range(asked.inputs)), target, asked.crashes)
        rows.append(campaign.row)
        print(json.dumps(rows[-1]), flush=True)
    if asked.json:
        asked.json.write_text(json.dumps({"seed": asked.seed, "engine": asked.engine, "readers": rows}, indent=2))
    sys.exit(any(row["crashes"] for row in rows))


def _instrumented(engine: str) -> AbstractContextManager[None]:
    """Let atheris see what is reached in the package's modules that are imported inside the block."""
    if engine != "atheris":
        return nullcontext()
    try:
        import atheris
    except ImportError:
        sys.exit("--engine atheris needs package atheris: pip install atheris")
    return atheris.instrument_imports(include=["study"])


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./scripts/fuzz", description=__doc__)
    parser.add_argument("--inputs", type=int, default=10_000, help="inputs a reader")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reader", action="append", help="name of a reader, several times for several; all if none")
    parser.add_argument("--engine", choices=["chance", "atheris"], default="chance")
    parser.add_argument("--json", type=Path, help="file for the report")
    parser.add_argument("--crashes", type=Path, default=Path("crashes"), help="folder for inputs that crash a reader")
    return parser.parse_args()


main()
