"""What a sampler needs that is not there, found before anything is trained."""

from __future__ import annotations

from importlib.util import find_spec

from study.adapters.optuna_search.hub import hub_problem
from study.values.problems import Problem
from study.values.spec import Sampler, SearchSpec

_PACKAGES = {Sampler.CMAES: ("cmaes",), Sampler.AUTO: ("cmaes", "optunahub")}
"""Of the extra `samplers`."""


def sampler_problems(search: SearchSpec) -> list[Problem]:
    """Return what the sampler needs and this machine, which asks it, does not have.

    Args:
        search: Says which sampler.
    """
    missing = [package for package in _PACKAGES.get(search.sampler, ()) if find_spec(package) is None]
    if missing:
        named = f"package {missing[0]}" if len(missing) == 1 else f"packages {' and '.join(missing)}"
        message: str | None = f"sampler {search.sampler.value} needs {named}: pip install 'pretrained-study[samplers]'"
    else:
        message = hub_problem() if search.sampler is Sampler.AUTO else None
    return [] if message is None else [Problem(message=message, location=("search", "sampler"))]
