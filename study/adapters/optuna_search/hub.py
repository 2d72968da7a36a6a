"""AutoSampler, which lives on OptunaHub and not in a package."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

from optuna.samplers import BaseSampler
from optuna.trial import FrozenTrial

PACKAGE = "samplers/auto_sampler"
"""On the hub."""
_REGISTRY = ("github.com", "optuna", "optunahub-registry", "main", "package")
"""Where optunahub keeps what it downloaded, below its cache folder."""
_PICKLED = "cma:optimizer:"
"""What Optuna's CMA-ES, to which AutoSampler hands over, writes into a trial's attributes and unpickles."""


def hub_problem() -> str | None:
    """Return why AutoSampler cannot be had here; None if it can.

    A study downloads no code: what is run is what a person fetched, and the same after a resume.
    """
    registry = _registry()
    if (registry / PACKAGE).is_dir():
        return None
    return (
        f"sampler auto is AutoSampler of OptunaHub, which is not in {registry}; fetch it once, where the internet can "
        f"be reached: python -c \"import optunahub; optunahub.load_module('{PACKAGE}')\" (OPTUNAHUB_CACHE_HOME says "
        "where to); or search with tpe or gp, between which it mostly chooses"
    )


def auto_sampler(seed: int) -> BaseSampler:
    """Return AutoSampler.

    Args:
        seed: Of its draws.
    """
    sampler: BaseSampler = _module(_registry()).AutoSampler(seed=seed)
    return sampler


def without_pickles(trial: FrozenTrial) -> FrozenTrial:
    """Return a trial without attributes that would be unpickled: a database may come from anybody."""
    if not any(key.startswith(_PICKLED) for key in trial.system_attrs):
        return trial
    safe = copy.copy(trial)
    safe.system_attrs = {key: value for key, value in trial.system_attrs.items() if not key.startswith(_PICKLED)}
    return safe


def _registry() -> Path:
    from optunahub._conf import cache_home  # it has no public name

    return Path(cache_home()).joinpath(*_REGISTRY)


@cache
def _module(registry: Path) -> Any:
    import optunahub

    return optunahub.load_local_module(PACKAGE, registry_root=str(registry))
