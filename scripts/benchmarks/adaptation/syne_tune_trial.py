"""One trial, as Syne Tune starts it: a script with its hyperparameters as arguments."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from syne_tune import Reporter

from adaptation.case import Case
from adaptation.training import accuracies

_WHOLE = ("head_depth", "head_width", "freezing_depth", "batch_size")
_REAL = ("head_learning_rate", "backbone_learning_rate", "weight_decay", "dropout")

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    for name in _WHOLE:
        parser.add_argument(f"--{name}", type=int)
    for name in _REAL:
        parser.add_argument(f"--{name}", type=float)
    given, _ = parser.parse_known_args()
    config = {name: getattr(given, name) for name in (*_WHOLE, *_REAL) if getattr(given, name) is not None}
    case = Case(**json.loads((given.folder / "case.json").read_text()))
    report = Reporter()
    for epoch, accuracy in enumerate(accuracies(case, given.folder, config), start=1):
        report(epoch=epoch, accuracy=accuracy)
