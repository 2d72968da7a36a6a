"""The process that runs the study, begun again whenever it ends before the study does."""

from __future__ import annotations

import multiprocessing
import os
import sys
from pathlib import Path

_FORKED = multiprocessing.get_context("forkserver")
# Packages take longer to import than a study takes to be hit: they are, once, before drivers are forked off.
_FORKED.set_forkserver_preload(["study.faces.command_line", "study.orchestration.running", "study.trial.trial"])


class Driver:
    """`study run SPEC --dir DIRECTORY` on a cluster, in a process and a session of its own."""

    def __init__(self, spec: Path, directory: Path, address: str, log: Path) -> None:
        """Start it.

        Args:
            spec: The spec's path.
            directory: The study directory.
            address: Of the cluster.
            log: What it says is appended there.
        """
        self.directory = directory
        self.log = log
        log.touch()
        words = ["run", str(spec), "--dir", str(directory), "--address", address]
        self._process = _FORKED.Process(target=_run, args=(words, log))
        self._process.start()

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.exitcode

    @property
    def num_trained(self) -> int:
        """Bytes of the epochs on record, whichever driver trained them."""
        try:
            return sum(path.stat().st_size for path in self.directory.glob("*/*/*/*/*/epochs.jsonl"))
        except FileNotFoundError:  # one was set aside, or the directory moved, just now
            return -1

    @property
    def num_said(self) -> int:
        """Bytes that this driver and those before it have said."""
        return self.log.stat().st_size

    def said_since(self, num_said: int) -> str:
        """Return what was said after so many bytes."""
        return self.log.read_bytes()[num_said:].decode(errors="replace")

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self._process.is_alive() and self._process.pid is not None:
            os.kill(self._process.pid, number)

    def wait(self, timeout_s: float) -> bool:
        """Wait for its end; return whether it came."""
        self._process.join(timeout_s)
        return not self._process.is_alive()

    def kill(self) -> None:
        """Have it gone at once."""
        self._process.kill()
        self._process.join()


def _run(words: list[str], log: Path) -> None:
    """Be the command line."""
    os.setsid()
    with log.open("ab") as file:
        os.dup2(file.fileno(), sys.stdout.fileno())
        os.dup2(file.fileno(), sys.stderr.fileno())
    from study.faces.command_line import main

    sys.argv = ["study", *words]
    main()
