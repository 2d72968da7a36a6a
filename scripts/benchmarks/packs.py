"""Packs of heads beside the same heads one by one, in one process, on features that are cached already.

Both sides set up, train and measure the same trials with the same seeds; their metrics are checked to agree.

    python scripts/benchmarks/packs.py [--quick] [--json FILE] [--pairs N]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from adaptation import data, ours
from table import Row, options_of, report, row

from study.learning.errors import TrainingError
from study.trial.materials import Materials
from study.trial.pack import TrialPack
from study.trial.trial import Trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.plan import Purpose, TrialPlan
from study.values.spec import StudySpec

NUM_HEADS = 32
TOLERANCE = 1e-4
SHAPES: dict[str, dict[str, Any]] = {
    "linear heads, batches of 32": {"head_depth": 0, "batch_size": 32},
    "linear heads, batches of 32, no dropout": {"head_depth": 0, "batch_size": 32, "dropout": 0.0},
    "hidden layer of 32 to 128 units, batches of 32": {"head_depth": 1, "batch_size": 32},
    "linear heads, batches of 128": {"head_depth": 0, "batch_size": 128},
}


def main() -> None:
    """Run the benchmark and print its table."""
    options = options_of(__doc__ or "", quick="few epochs, one pair", pairs=5).parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="packs-") as folder:
        data.write(Path(folder))
        (Path(folder) / ours.FILE).write_text(ours.MODULE)
        report(_rows(Path(folder), options), options.json)


def _rows(folder: Path, options: argparse.Namespace) -> Iterator[Row]:
    materials = Materials()
    for name, shape in SHAPES.items():
        plans = _plans(folder, shape, epochs=3 if options.quick else 10)
        list(Trial(plans[0], materials).epochs())  # what both sides find in the cache
        pairs = [_pair(plans, materials) for _ in range(1 if options.quick else options.pairs)]
        yield row(f"{NUM_HEADS} {name}: seconds", pairs, bound="ratio >= 10")


def _plans(folder: Path, shape: dict[str, Any], *, epochs: int) -> list[TrialPlan]:
    spec = StudySpec.model_validate(
        {
            "name": "packs",
            "protocols": ["linear_probe"],
            "backbones": [{"source": "resnet18", "weights": data.WEIGHTS, "image_size": data.IMAGE_SIZE}],
            "tasks": [{"name": "defect", "data": f"{ours.FILE}:cells", "target": "defect"}],
        }
    )
    random = np.random.default_rng(0)
    drawn = [
        {
            "freezing_depth": 5,
            "head_learning_rate": float(10 ** random.uniform(-4, -2)),
            "weight_decay": float(10 ** random.uniform(-6, -1)),
            "dropout": float(random.uniform(0, 0.5)),
            "head_width": int(random.integers(32, 129)),
        }
        for _ in range(NUM_HEADS)
    ]
    common = {
        "purpose": Purpose.SEARCH,
        "arm": build_arms(spec)[0],
        "split_seed": 0,
        "epochs": epochs,
        "num_threads": 1,
        "root": str(folder),
        "cache_dir": str(folder / "cache"),
        "feature_cache_gib": 4.0,
    }
    return [
        TrialPlan(
            number=n, arm_number=n, seed=n, hyperparameters=Hyperparameters.model_validate({**d, **shape}), **common
        )
        for n, d in enumerate(drawn)
    ]


def _pair(plans: Sequence[TrialPlan], materials: Materials) -> tuple[float, float]:
    """Return the seconds that the pack took, and the trials one by one."""

    def packed() -> list[float]:
        *_, last = TrialPack(plans, materials).epochs()
        return [_objective(last[number]) for number in range(len(plans))]

    def alone() -> list[float]:
        return [list(Trial(plan, materials).epochs())[-1].objective for plan in plans]

    (packed_s, one), (alone_s, other) = _timed(packed), _timed(alone)
    assert np.allclose(one, other, atol=TOLERANCE), "a pack gives what its trials give alone"
    return packed_s, alone_s


def _objective(outcome: Any) -> float:
    assert not isinstance(outcome, TrainingError), outcome
    return float(outcome.objective)


def _timed(work: Callable[[], list[float]]) -> tuple[float, list[float]]:
    began = time.perf_counter()
    given = work()
    return time.perf_counter() - began, given


if __name__ == "__main__":
    main()
