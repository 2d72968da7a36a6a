"""What travels to a cluster with a study: the spec's folder, and this package itself."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

PACKAGES = ("study", "search_spaces")
"""Sent along, so that the cluster runs the code of this machine whatever it has installed."""

LEFT_BEHIND = (".git", ".venv", "venv", "__pycache__", "*.egg-info", ".mypy_cache", ".pytest_cache", ".ruff_cache")
"""Patterns, as in a .gitignore, of what is of no use there; the folder's own .gitignore counts too."""


def runtime_env(root: Path, *, without: Path | None = None) -> dict[str, Any]:
    """Return Ray's runtime environment in which a study finds its relative paths and the person's own modules.

    Args:
        root: Folder of the spec.
        without: A folder that is left behind where it lies in `root`, such as the study directory.
    """
    excludes = list(LEFT_BEHIND)
    root = root.resolve()
    if without is not None and without.resolve() != root and without.resolve().is_relative_to(root):
        excludes.append(f"/{without.resolve().relative_to(root).as_posix()}")
    return {"working_dir": str(root), "excludes": excludes, "py_modules": [str(_folder(name)) for name in PACKAGES]}


def _folder(package: str) -> Path:
    spec = find_spec(package)
    assert spec is not None, "installed with this module"
    assert spec.origin is not None, "a package with an __init__.py"
    return Path(spec.origin).parent
