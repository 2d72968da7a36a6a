"""Small studies on rows of numbers, run and exported."""

from pathlib import Path
from typing import Any

import study
from study.orchestration.exported import ExportedModel
from study.orchestration.study import Study
from study.parts.tasks import Task, build_tasks


def mlp(inputs: int, width: int) -> dict[str, Any]:
    """Return a backbone of one layer."""
    options = {"inputs": inputs, "widths": [width]}
    return {"source": "mlp", "name": f"w{width}", "weights": "none", "options": options}


def run_small(folder: Path, **parts: Any) -> Study:
    """Return a study that has ended, of two seeds an arm, in `folder`; `parts` are the spec's others."""
    cache = {"cache_dir": str(folder / "cache")}
    spec = study.StudySpec.model_validate({"assessment": {"seeds": 2}, "resources": cache, **parts})
    one = Study(spec, folder / "run", root=folder)
    one.run(quiet=True)
    return one


def export_last_arm(ran: Study, folder: Path) -> tuple[ExportedModel, tuple[Task, ...]]:
    """Export the last arm's model to `folder`, and return it as loaded from there, with the arm's tasks."""
    arm = ran.arms[-1]
    ran.export(arm.id, folder)
    plan = ran.best(arm.id).plan
    return study.load_model(folder), build_tasks(plan.arm, split_seed=plan.split_seed, root=ran.root)
