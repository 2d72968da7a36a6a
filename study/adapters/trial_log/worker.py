"""A worker's log of the trial it trains, for the actor's page in Ray's dashboard."""

from __future__ import annotations

import logging
import sys

from study.adapters.trial_log.lines import epoch_line, failure_lines, start_lines, trial_name
from study.values.plan import TrialPlan
from study.values.records import EpochRecord

_LOGGER = logging.getLogger("study.trial")


class WorkerLog:
    """Logs one trial to standard output, the trial's name on every line: an actor trains one after another."""

    def __init__(self, plan: TrialPlan) -> None:
        """Say that the trial begins in this process."""
        _to_standard_output()
        self._plan = plan
        self._write(start_lines(plan))

    def epoch(self, record: EpochRecord) -> None:
        """Log an epoch."""
        self._write([epoch_line(self._plan, record)])

    def failed(self, reason: str, traceback: str | None) -> None:
        """Log why the trial failed, with the traceback where there is one."""
        self._write(failure_lines(reason, traceback), level=logging.ERROR)

    def left(self) -> None:
        """Say that this process has no more to do with the trial."""
        self._write(["done here"])

    def _write(self, lines: list[str], level: int = logging.INFO) -> None:
        for line in lines:
            _LOGGER.log(level, "%s: %s", trial_name(self._plan), line)


def _to_standard_output() -> None:
    if _LOGGER.handlers:
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.INFO)
    # Ray has a handler of its own on the root logger: every line would come twice.
    _LOGGER.propagate = False
