"""A study of a test's own module, run in a process of its own."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType


def run_apart(
    command: Sequence[str],
    folder: Path,
    *,
    module: str,
    spec: str,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write module and spec to `folder`, as `own.py` and `spec.yaml`, and run the command, which must succeed."""
    (folder / "own.py").write_text(module)
    (folder / "spec.yaml").write_text(spec)
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
