"""Which arms' spaces are used up, kept in the study directory for those who read it."""

from __future__ import annotations

from pathlib import Path

from study.adapters.records.sealed_file import SealedFile
from study.values.used_up import UsedUp

USED_UP_FILE = "used_up.json"
"""Within the study directory."""


class UsedUpFile:
    """Written by the search. It asks every arm anew in each run, for spaces may change; but not where arms race: what a
    race was decided by stands."""

    def __init__(self, directory: Path | None) -> None:
        """Open it.

        Args:
            directory: The study directory; nothing is kept where None.
        """
        self._file = None if directory is None else SealedFile(directory / USED_UP_FILE, UsedUp)
        self._known = (self._file and self._file.read_if_whole()) or UsedUp()

    def holds_for(self, arm: str, num_trials: int) -> bool:
        """Whether it is known that an arm with so many trials gets no more of them."""
        return self._known.holds_for(arm, num_trials)

    def ended(self, arm: str, num_trials: int) -> None:
        """Note that an arm's space has no configuration left that none of its trials had.

        Args:
            arm: Its id.
            num_trials: That were handed out.
        """
        if not self._known.holds_for(arm, num_trials):
            self._write({**self._known.arms, arm: num_trials})

    def has(self, arm: str, num_trials: int) -> None:
        """Note how many trials an arm has, and forget what was noted of it if it is another number."""
        if arm in self._known.arms and not self._known.holds_for(arm, num_trials):
            self._write({name: number for name, number in self._known.arms.items() if name != arm})

    def _write(self, arms: dict[str, int]) -> None:
        self._known = UsedUp(arms=arms)
        if self._file is not None:
            self._file.write(self._known)
