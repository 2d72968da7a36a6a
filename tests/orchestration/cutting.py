"""A study as the death of its process left it."""

import shutil
from pathlib import Path

from study.adapters.optuna_search.asked_file import ASKED_FILE
from study.orchestration.study import Study
from study.values.states import TrialState

_ENDED = {"state": TrialState.RUNNING, "ended_at": None, "reason": None, "checkpoint": None}


def cut(whole: Study, directory: Path, *, number: int, num_epochs: int) -> Study:
    """Return the study as it was when a trial had just trained some epochs, and its process died; no checkpoint is left
    to go on from."""
    shutil.copytree(whole.directory, directory)
    for name in ("assessments", "tensorboard"):
        shutil.rmtree(directory / name, ignore_errors=True)
    (directory / "optuna.db").unlink()  # made again from what was asked and the records
    asked = (directory / ASKED_FILE).read_text().splitlines(keepends=True)
    (directory / ASKED_FILE).write_text("".join(asked[: number + 1]))
    records = Study.open(directory)._records()
    for record in records.read_all():
        if record.plan.number >= number:
            shutil.rmtree(directory / record.plan.folder)
        if record.plan.number == number:
            records.write(record.model_copy(update={**_ENDED, "epochs": ()}))
            for epoch in record.epochs[:num_epochs]:
                records.append(record.plan, epoch)
    return Study.open(directory)
