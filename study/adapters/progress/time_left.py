"""How long is left, judged by the trials that ended."""

from __future__ import annotations

from collections.abc import Sequence


class TimeLeft:
    """Estimates from how long trials took and how many ran at once, since this process began.

    How long a trial took in an earlier process says little: it may have been interrupted, or run elsewhere.
    """

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._took_s: list[float] = []
        self._concurrency = 0

    def start(self, trial: str, now: float) -> None:
        """Note that a trial begins; one that begins again, because its node died, goes on."""
        self._began.setdefault(trial, now)
        self._concurrency = max(self._concurrency, len(self._began))

    def end(self, trial: str, now: float) -> None:
        """Note that a trial ended."""
        began = self._began.pop(trial, None)
        if began is not None:
            self._took_s.append(now - began)

    def estimate_s(self, remaining: int, now: float) -> float | None:
        """Return the seconds left for `remaining` trials, those running included; None if none has ended yet."""
        if remaining <= 0:
            return 0.0
        if not self._took_s:
            return None
        running_s = [_expected_rest_s(self._took_s, now - began) for began in self._began.values()]
        waiting = max(0, remaining - len(running_s))
        whole_s = _expected_rest_s(self._took_s, 0.0)
        # The work is shared by the places seen in use, but nothing ends before the longest of it does.
        shared_s = (sum(running_s) + waiting * whole_s) / min(self._concurrency, remaining)
        return max(shared_s, *running_s, whole_s if waiting else 0.0)


def _expected_rest_s(took_s: Sequence[float], elapsed_s: float) -> float:
    """Return what is left on average of a trial that has run for `elapsed_s`: of those that took longer, the rest.

    A trial that was not stopped early will take longer than the mean of all; one that outlasts all others has 0.
    """
    rests = [took - elapsed_s for took in took_s if took > elapsed_s]
    return sum(rests) / len(rests) if rests else 0.0
