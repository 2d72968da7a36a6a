"""The process that runs the study, begun again whenever it ends before the study does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path


class Driver:
    """`study run SPEC --dir DIRECTORY` on a cluster."""

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
        command = [sys.executable, "-W", "ignore", "-m", "study", "run", str(spec), "--dir", str(directory)]
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                [*command, "--address", address], stdout=file, stderr=subprocess.STDOUT, start_new_session=True
            )

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    @property
    def num_said(self) -> int:
        """Bytes that this driver and those before it have said."""
        return self.log.stat().st_size

    def said_since(self, num_said: int) -> str:
        """Return what was said after so many bytes."""
        return self.log.read_bytes()[num_said:].decode(errors="replace")

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def wait(self, timeout_s: float) -> bool:
        """Wait for its end; return whether it came."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def kill(self) -> None:
        """Have it gone at once."""
        self._process.kill()
        self._process.wait()
