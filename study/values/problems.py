"""What is wrong with a person's input: gathered whole, said once, never as a traceback."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

Location = tuple[str | int, ...]
"""Path of keys and list positions inside a spec, outermost first: ("tasks", 0, "target")."""


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One fault in a person's input."""

    message: str
    """What is wrong, with the value found and what is allowed."""
    location: Location = ()
    """Where inside the spec; () where no single key is to blame."""
    file: str | None = None
    """File that holds the value, if it came from one."""
    line: int | None = None
    """Line in that file, counted from 1."""

    def under(self, *prefix: str | int) -> Problem:
        """Return the same problem with its location below `prefix`."""
        return replace(self, location=(*prefix, *self.location))

    def __str__(self) -> str:
        place = "" if self.file is None else self.file
        if self.line is not None:
            place += f":{self.line}"
        key = dotted(self.location)
        return ": ".join(part for part in (place, key, self.message) if part)


class InputError(ValueError):
    """Bad input of a person's: every problem found, together."""

    def __init__(self, problems: Sequence[Problem] | Problem | str) -> None:
        if isinstance(problems, str):
            problems = Problem(message=problems)
        if isinstance(problems, Problem):
            problems = [problems]
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        return type(self), (self.problems,)


def dotted(location: Location) -> str:
    """Return a location as a person would write it: `tasks[0].target`."""
    text = ""
    for step in location:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def unknown_name(value: str, allowed: Iterable[str], *, what: str) -> str:
    """Say that `value` is no known `what`, with the nearest valid name and all that are allowed."""
    names = sorted(set(allowed))
    near = get_close_matches(value, names, n=1, cutoff=0.6)
    hint = f" (did you mean {near[0]}?)" if near else ""
    listed = ", ".join(names) if len(names) <= 24 else ", ".join([*names[:24], f"... {len(names)} in all"])
    return f"unknown {what} {value!r}{hint}; allowed: {listed or 'none'}"
