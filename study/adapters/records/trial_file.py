"""The part of a trial's record that is written whole: everything but its epochs."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import ValidationError

from study.values.problems import InputError, Problem
from study.values.records import TrialRecord

TRIAL_FILE = "trial.json"


def write_trial(folder: Path, record: TrialRecord) -> None:
    """Replace the trial's file; a reader sees the old one or the new one, never a part."""
    partial = folder / f"{TRIAL_FILE}.partial"
    with partial.open("w", encoding="utf-8") as file:
        file.write(record.model_dump_json(indent=2, exclude={"epochs"}))
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, folder / TRIAL_FILE)


def read_trial(folder: Path) -> TrialRecord:
    """Return the record without its epochs.

    Raises:
        InputError: If there is none, or it is damaged (names the file).
    """
    path = folder / TRIAL_FILE
    try:
        return TrialRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise InputError(Problem(message="no such trial", file=str(path))) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        detail = f"{place}: {first['msg']}" if place else first["msg"]
        raise InputError(
            Problem(message=f"not a trial record; the file was damaged ({detail})", file=str(path))
        ) from None
