"""A cluster that runs, as tests and the command line reach it."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_KEPT = {"RAY_worker_niceness"}
"""What of this process's settings of Ray is the cluster's too."""


@dataclass(frozen=True)
class RunningCluster:
    gcs: str
    dashboard: str
    client: str
    token: str

    def environment(self, token: str | None = "") -> dict[str, str]:
        """Return this process's environment with the cluster's token, another, or (None) with none at all."""
        env = {name: value for name, value in os.environ.items() if name in _KEPT or not name.startswith("RAY_")}
        # Workers find the interpreter that has the packages by the path, as on a cluster's nodes.
        env["PATH"] = f"{Path(sys.executable).parent}:{env['PATH']}"
        if token is None:
            env["HOME"] = "/nowhere"
        else:
            env["RAY_AUTH_TOKEN"] = token or self.token
        return env


def study(*words: object, env: dict[str, str], timeout_s: float = 500) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person does."""
    command = [sys.executable, "-m", "study", *map(str, words)]
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=timeout_s)
