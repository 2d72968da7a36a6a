"""Seconds that each score of features takes, on features of overlapping classes after a ReLU.

python scripts/benchmarks/transferability.py
"""

from __future__ import annotations

import time

import numpy as np

from study.learning.transferability import SCORES

SHAPES = ((2_000, 1_280, 10), (8_000, 1_280, 100))
"""Examples, width, classes."""


def features(num: int, width: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return features whose directions fall off in size, as a network's do, and labels."""
    rng = np.random.default_rng(0)
    labels = np.arange(num) % classes
    sizes = np.arange(1, width + 1) ** -0.3
    mixed = np.linalg.qr(rng.normal(size=(width, width)))[0]
    drawn = (0.2 * rng.normal(size=(classes, width))[labels] + rng.normal(size=(num, width))) * sizes @ mixed
    return np.maximum(drawn, 0).astype(np.float32), labels


def main() -> None:
    """Run the benchmark and print its table."""
    for shape in SHAPES:
        drawn, labels = features(*shape)
        for name, score in SCORES.items():
            began, used = time.perf_counter(), time.process_time()
            value = score.measure(drawn, labels)
            took = f"{time.perf_counter() - began:8.2f} s {time.process_time() - used:8.2f} s of processors"
            print(f"{' x '.join(map(str, shape)):20} {name:10} {took}   {value:.6g}", flush=True)


if __name__ == "__main__":
    main()
