"""The part of a trial's record that is written whole: everything but its epochs."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from study.adapters.records.seal import BrokenSealError, sealed, unsealed
from study.adapters.records.whole_file import replace_file
from study.values.problems import InputError, Problem
from study.values.records import TrialRecord

TRIAL_FILE = "trial.json"


class WrittenTrial(TrialRecord):
    """A record as its file has it: without its epochs, but with how many of them it vouches for."""

    num_epochs: int = Field(default=0, ge=0)
    """Epochs that were on the disk when it was written; 0 in files of earlier versions."""

    def record(self) -> TrialRecord:
        """Return the record."""
        return TrialRecord.model_construct(**{name: getattr(self, name) for name in TrialRecord.model_fields})


def write_trial(folder: Path, record: TrialRecord) -> None:
    """Replace the trial's file; a reader sees the old one or the new one, never a part."""
    written = WrittenTrial.model_construct(**dict(record), num_epochs=len(record.epochs))
    replace_file(folder / TRIAL_FILE, sealed(written.model_dump_json(indent=2, exclude={"epochs"})))


def read_trial(folder: Path) -> WrittenTrial:
    """Return the record as it was written, without its epochs.

    Raises:
        InputError: If there is none, or it is damaged (names the file).
    """
    path = folder / TRIAL_FILE
    try:
        return WrittenTrial.model_validate_json(unsealed(path.read_bytes()))
    except FileNotFoundError:
        raise InputError(Problem(message="no such trial", file=str(path))) from None
    except BrokenSealError as error:
        raise InputError(Problem(message=f"the file was damaged: {error}", file=str(path))) from None
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        detail = f"{place}: {first['msg']}" if place else first["msg"]
        raise InputError(
            Problem(message=f"not a trial record; the file was damaged ({detail})", file=str(path))
        ) from None
