"""A study through this project."""

from __future__ import annotations

import time
from pathlib import Path

import study
from adaptation import data
from adaptation.case import Case, Outcome
from study.orchestration.study import Study
from study.values.plan import Purpose

FILE = "cells.py"
MODULE = """
from pathlib import Path
from adaptation import data

def cells():
    return data.read(Path(__file__).parent)
"""


def run(case: Case, folder: Path) -> Outcome:
    """Run the study's trials, two at a time."""
    (folder / FILE).write_text(MODULE)
    shared = case.study == "shared_representation"
    tasks = ("defect", "type") if shared else ("defect",)
    spec = study.StudySpec.model_validate(
        {
            "name": "benchmark",
            "protocols": ["shared_representation" if shared else "fine_tuning"],
            "backbones": [{"source": "resnet18", "weights": data.WEIGHTS, "image_size": data.IMAGE_SIZE}],
            "tasks": [{"name": t, "data": f"{FILE}:cells", "target": t, "metric": "accuracy"} for t in tasks],
            "search": {
                "trials": case.trials,
                "space": f"adaptation.space:{case.study}",
                "scheduler": {"kind": "none"},
                "sampler": "tpe" if case.study == "linear_probe" else "grid",
            },
            "budget": {"epochs": case.epochs},
            "resources": {"trials_per_pack": case.pack, "cache_dir": str(folder / "cache")},
            "assessment": {"seeds": 1},
        }
    )
    one = Study(spec, folder / "ours", root=folder)
    began, began_at = time.monotonic(), time.time()
    one.run(quiet=True)
    records = [record for record in one._records().read_all(Purpose.SEARCH) if record.ended_at is not None]
    records.sort(key=lambda record: record.ended_at or 0)
    best: list[float] = []
    for record in records:
        best.append(max([record.objective or 0, *best[-1:]]))
    return Outcome(
        wall_s=time.monotonic() - began,
        ends_s=[(record.ended_at or 0) - began_at for record in records],
        best=best,
    )
