"""The folder for what can be made again: decoded images, features, mirrors of studies at a URL."""

from __future__ import annotations

import getpass
import os
import tempfile
from pathlib import Path

VARIABLE = "STUDY_CACHE_DIR"


def default_cache_dir() -> Path:
    """Return the folder that the environment names, or a person's own among the temporary ones."""
    named = os.environ.get(VARIABLE)
    return Path(named).resolve() if named else Path(tempfile.gettempdir()) / f"pretrained-study-{getpass.getuser()}"
