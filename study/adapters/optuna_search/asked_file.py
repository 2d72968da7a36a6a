"""What was asked of Optuna, beside its database: a line a trial, enough to make the database again with the records."""

from __future__ import annotations

import errno
import json
import os
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.trial import FrozenTrial
from optuna.trial import TrialState as OptunaState

from study.adapters.records.seal import sealed, unsealed
from study.values.problems import InputError, Problem

ASKED_FILE = "asked.jsonl"
"""Within the study directory."""
NUMBER, HYPERPARAMETERS, PARENT = "number", "hyperparameters", "parent"
"""User attributes of a trial. One without NUMBER was never handed out; PARENT is the NUMBER of the one that it goes on
from, if it goes on from one."""
_GENERATION = ":generation"
"""Ends the names of system attributes by which a genetic sampler tells its generations apart."""

Asked = Mapping[str, Mapping[int, FrozenTrial]]
"""By Optuna's name of the study, then by number: each as it was when it was handed out."""


class AskedFile:
    """Grows by a line with each trial; each line carries its checksum."""

    def __init__(self, path: Path) -> None:
        """Take a file, which need not exist yet."""
        self._path = path

    def append(self, study: str, number: int, trial: FrozenTrial) -> None:
        """Add a trial; where that fails, the file is as it was.

        Args:
            study: Optuna's name of its study.
            number: The trial's in the database.
            trial: As it is handed out.
        """
        line = _line(study, number, trial)
        with self._path.open("ab", buffering=0) as file:
            size = file.seek(0, os.SEEK_END)
            try:
                if file.write(line) != len(line):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            except OSError:
                file.truncate(size)
                raise

    def read(self) -> Asked:
        """Return all trials. A last line that was cut short is left out: that trial was not handed out.

        Raises:
            InputError: If another line is not as it was written (names file and line).
        """
        lines = self._path.read_bytes().split(b"\n") if self._path.exists() else []
        found: dict[str, dict[int, FrozenTrial]] = defaultdict(dict)
        for number, line in enumerate(lines, start=1):
            try:
                study, trial = _parsed(line) if line else ("", None)
            except Exception:  # of whatever kind Optuna finds in it
                if number < len(lines):
                    problem = Problem(message="the line was damaged", file=str(self._path), line=number)
                    raise InputError(problem) from None
                break
            if trial is not None:
                found[study][trial.number] = trial
        return found

    def replace(self, asked: Asked) -> None:
        """Write the file anew, whole."""
        lines = [_line(study, number, trial) for study, known in asked.items() for number, trial in known.items()]
        partial = self._path.with_name(f"{self._path.name}.partial")
        partial.write_bytes(b"".join(lines))
        os.replace(partial, self._path)


def asked_of(trial: FrozenTrial) -> dict[str, Any]:
    """Return what was asked, as plain values: what a trial is drawn from and was drawn, and under which marks."""
    known = {name: trial.user_attrs[name] for name in (NUMBER, HYPERPARAMETERS, PARENT) if name in trial.user_attrs}
    generation = {name: found for name, found in trial.system_attrs.items() if name.endswith(_GENERATION)}
    return {
        "params": {name: trial.distributions[name].to_internal_repr(value) for name, value in trial.params.items()},
        "distributions": {name: distribution_to_json(found) for name, found in trial.distributions.items()},
        "user_attrs": known,
        **({"generation": generation} if generation else {}),
    }


def _line(study: str, number: int, trial: FrozenTrial) -> bytes:
    began = None if trial.datetime_start is None else trial.datetime_start.isoformat()
    # One that failed before it was handed out is over; of the others the records say how they ended.
    over = trial.state is OptunaState.FAIL and NUMBER not in trial.user_attrs
    facts = {"study": study, "number": number, "failed": over, "began": began}
    return sealed(json.dumps({**facts, **asked_of(trial)}, separators=(",", ":"))).encode() + b"\n"


def _parsed(line: bytes) -> tuple[str, FrozenTrial]:
    found = json.loads(unsealed(line))
    if not isinstance(found["study"], str) or type(found["number"]) is not int:
        raise ValueError("not what a line says")
    distributions = {name: json_to_distribution(text) for name, text in found["distributions"].items()}
    began = None if found["began"] is None else datetime.fromisoformat(found["began"])
    trial = FrozenTrial(
        number=found["number"],
        state=OptunaState.FAIL if found["failed"] else OptunaState.RUNNING,
        value=None,
        datetime_start=began,
        datetime_complete=began if found["failed"] else None,
        params={name: distributions[name].to_external_repr(value) for name, value in found["params"].items()},
        distributions=distributions,
        user_attrs=found["user_attrs"],
        system_attrs=found.get("generation", {}),
        intermediate_values={},
        trial_id=-1,
    )
    return found["study"], trial
