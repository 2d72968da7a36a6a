"""What a study begins with, kept in its directory: found once, before the first trial is asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from study.adapters.records.sealed_file import SealedFile
from study.orchestration.directory import StudyDirectory
from study.orchestration.kept_file import read_kept
from study.orchestration.warm_start import find_warm_start
from study.values.arm import Arm, ArmFacts
from study.values.frozen import Frozen
from study.values.problems import InputError
from study.values.spec import StudySpec
from study.values.warm_start import WarmConfiguration

WARM_START_FILE = "warm_start.json"
"""Within the study directory."""

Configurations = Mapping[str, Sequence[WarmConfiguration]]
"""By arm id, in the order in which they are tried."""


class _Kept(Frozen):
    configurations: dict[str, tuple[WarmConfiguration, ...]]


def warm_start_of(
    directory: StudyDirectory,
    spec: StudySpec,
    arms: Sequence[tuple[Arm, ArmFacts]],
    *,
    root: Path,
    has_begun: bool,
    say: Callable[[str], None],
) -> Configurations:
    """Return what each arm begins with: as it was found first, whatever became of the earlier studies since.

    Args:
        directory: The study directory, held by this process. A file that is damaged is set aside and found anew.
        spec: The study's.
        arms: Its arms, with what their spaces are told of them.
        root: Folder that relative paths and own modules are looked for in.
        has_begun: Whether there is a trial already: the study then goes on where nothing can be found any more.
        say: Is told in a line what was found, and what was damaged.

    Raises:
        InputError: If an earlier study is not there and the study has not begun.
    """
    if not spec.search.warm_start:
        return {}
    kept = read_kept(directory, WARM_START_FILE, _Kept, say=say)
    if kept is not None:
        return kept.configurations
    try:
        found = find_warm_start(spec, arms, root=root)
    except InputError as error:
        if not has_begun:
            raise
        say(f"what the study began with cannot be found again ({error}); it goes on without")
        return {}
    SealedFile(directory.path / WARM_START_FILE, _Kept).write(_Kept(configurations=found.configurations))
    for note in found.notes:
        say(note)
    return found.configurations
