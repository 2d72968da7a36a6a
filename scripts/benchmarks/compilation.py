"""Whether `torch.compile` would pay back within a trial: training steps of a ResNet-18, compiled or as they are.

Runs on a GPU where there is one, on one CPU thread otherwise.

    python scripts/benchmarks/compilation.py [--quick] [--json FILE] [--pairs N]
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from statistics import median

import torch
import torchvision
from table import Row, options_of, report, row

BATCH_SIZE, IMAGE_SIZE = 32, 64


def main() -> None:
    """Run the benchmark and print its table."""
    options = options_of(__doc__ or "", quick="few steps", pairs=1).parse_args()
    report(_rows(options.pairs, num_steps=10 if options.quick else 50), options.json)


def _rows(pairs: int, num_steps: int) -> Iterator[Row]:
    torch.set_num_threads(1)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    firsts, steps = [], []
    for _ in range(pairs):
        torch.compiler.reset()
        compiled, eager = (_times(_step(device, compiled=each), device, num_steps) for each in (True, False))
        firsts.append((compiled[0], eager[0]))
        steps.append((median(compiled[1:]), median(eager[1:])))
    yield row(f"{device.type}: the first training step, s: compiled, or as it is", firsts)
    found = row(f"{device.type}: a later training step, s: compiled, or as it is", steps)
    saved = found["theirs"] - found["ours"]
    start = median(compiled - eager for compiled, eager in firsts)
    needed = math.ceil(start / saved) if saved > 0 else None
    yield {**found, "bound": "never pays back" if needed is None else f"pays back after {needed} steps"}


def _step(device: torch.device, *, compiled: bool) -> Callable[[], None]:
    """Return a training step of a model of its own."""
    layout = torch.channels_last
    network = torchvision.models.resnet18(num_classes=2).to(device, memory_format=layout)
    optimizer = torch.optim.AdamW(network.parameters(), fused=True)
    images = torch.randn(BATCH_SIZE, 3, IMAGE_SIZE, IMAGE_SIZE, device=device).contiguous(memory_format=layout)
    labels = torch.randint(2, (BATCH_SIZE,), device=device)
    forward = torch.compile(network) if compiled else network

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(forward(images), labels).backward()
        optimizer.step()

    return step


def _times(step: Callable[[], None], device: torch.device, num_steps: int) -> list[float]:
    found = []
    for _ in range(1 + num_steps):
        began = time.perf_counter()
        step()
        if device.type == "cuda":
            torch.cuda.synchronize(device)
        found.append(time.perf_counter() - began)
    return found


if __name__ == "__main__":
    main()
