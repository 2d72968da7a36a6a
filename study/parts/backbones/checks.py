"""Run checks one by one and gather what they refuse."""

from __future__ import annotations

from collections.abc import Callable

from study.values.problems import InputError, Problem
from study.values.spec import BackboneSpec


def gather(*checks: Callable[[], object]) -> list[Problem]:
    """Return the problems that any of the checks raise as an InputError."""
    found: list[Problem] = []
    for check in checks:
        try:
            check()
        except InputError as error:
            found.extend(error.problems)
    return found


def refuse_options(spec: BackboneSpec) -> None:
    """Refuse options where only a function of a person's own takes any.

    Raises:
        InputError: With each option given.
    """
    message = f"{spec.source} takes no options; only a function of your own does"
    if spec.options:
        raise InputError([Problem(message=message, location=("options", name)) for name in spec.options])
