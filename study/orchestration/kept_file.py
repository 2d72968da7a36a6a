"""What a study keeps in a file of its directory, found anew where that is damaged."""

from __future__ import annotations

from collections.abc import Callable

from study.adapters.records.seal import BrokenSealError
from study.adapters.records.sealed_file import SealedFile, Value
from study.orchestration.directory import StudyDirectory


def read_kept(directory: StudyDirectory, name: str, kind: type[Value], *, say: Callable[[str], None]) -> Value | None:
    """Return what was kept; None where nothing was, or the file is damaged, which is then set aside.

    Args:
        directory: The study directory, held by this process.
        name: The file's, within it.
        kind: What is in it.
        say: Is told in a line what was damaged.
    """
    file = SealedFile(directory.path / name, kind)
    try:
        return file.read()
    except BrokenSealError:
        place = directory.set_aside(name)
        say(f"{file.path}: the file was damaged; set aside to {place}, and looked for anew")
        return None
