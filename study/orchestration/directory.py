"""The study directory: what it holds is enough to go on with the study."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from study.adapters.checkpoint_shelf import CheckpointHome, LocalCheckpoints
from study.adapters.records.seal import sealed, unsealed
from study.adapters.tensorboard.event_files import hide_events
from study.adapters.watcher import Watcher
from study.learning.manifest import check_manifest
from study.values.problems import InputError, Problem
from study.values.spec import StudySpec
from study.values.spec.written import read_written_spec, written_spec

SPEC = "spec.yaml"
ROOT = "root.json"
LOG = "study.log"
"""File with a line a trial that ended, and what was said of the study."""
DAMAGED = "damaged"
"""Folder for what was set aside."""
_LOCK = ".lock"
BEGUN = {_LOCK, ROOT, f"{ROOT}.partial", f"{SPEC}.partial"}
"""What there may be before the spec is: a process that was making the directory died, or its disk was full."""


class StudyDirectory:
    """One study's folder: its spec, its records, its storage, its checkpoints."""

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        """Where its files are on this machine."""

    @property
    def location(self) -> str:
        """How it is named to people."""
        return str(self.path)

    @property
    def checkpoints(self) -> CheckpointHome:
        """Where running trials' checkpoints are."""
        return LocalCheckpoints(self.path)

    def bring(self, name: str) -> Path:
        """Return a folder within it, on this machine."""
        return self.path / name

    def check(self, checkpoint: str) -> None:
        """Make sure that an assessment's checkpoint is what was written.

        Args:
            checkpoint: Its folder, relative to the study directory.

        Raises:
            DamagedCheckpointError: If it is not, or not there.
        """
        check_manifest(self.path / checkpoint)

    def set_aside(self, name: str) -> str:
        """Move a file or folder within it to where nothing is read, and return its new name.

        Raises:
            InputError: If that is a link to elsewhere.
        """
        place = self._free_place(name)
        if not (self.path / place).parent.resolve().is_relative_to(self.path):
            raise InputError(f"{self.path / DAMAGED} leads out of the study directory; remove it")
        (self.path / place).parent.mkdir(parents=True, exist_ok=True)
        (self.path / name).rename(self.path / place)
        hide_events(self.path / place)
        return place

    def guards(self) -> tuple[Watcher, ...]:
        """Return what stops a run that may write here no more."""
        return ()

    @property
    def holds_study(self) -> bool:
        """Whether a study lives here already."""
        return (self.path / SPEC).is_file()

    def create(self, spec: StudySpec, root: Path) -> None:
        """Make the folder and write the spec into it.

        Raises:
            InputError: If the folder cannot be made or has other files in it.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            others = sorted(entry.name for entry in self.path.iterdir() if entry.name not in BEGUN)
            if others:
                raise InputError(f"{self.path} is no study directory and not empty ({', '.join(others[:3])}, ...)")
        except OSError as error:
            raise InputError(f"cannot write to {self.path}: {error.strerror}") from error
        self.replace(spec, root)

    def spec(self) -> StudySpec:
        """Return the spec of the study that lives here.

        Raises:
            InputError: If none does, or its file is damaged (names it).
        """
        if not self.holds_study:
            raise InputError(f"no study in {self.location}: {SPEC} is missing")
        return read_written_spec(self.path / SPEC)

    def root(self) -> Path:
        """Return the folder that relative paths and the person's own modules are looked for in.

        Raises:
            InputError: If the file that says so is damaged or gone (names it).
        """
        path = self.path / ROOT
        try:
            return Path(json.loads(unsealed(path.read_bytes()))["root"])
        except FileNotFoundError:
            what = "is missing"
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            what = f"was damaged ({error})"
        remedy = f"`study run SPEC --dir {self.location}` with the study's spec writes it anew"
        raise InputError(Problem(message=f"the file {what}; {remedy}", file=str(path)))

    def replace(self, spec: StudySpec, root: Path) -> None:
        """Write a spec, and the folder that its paths are relative to, in place of what is here.

        Raises:
            InputError: If that cannot be written (says why); what was here is still.
        """
        try:
            for name, text in directory_files(spec, root).items():
                # A database's URL may have a password in it.
                self._write(name, text, private=name == SPEC and spec.storage.url is not None)
        except OSError as error:
            raise InputError(f"cannot write to {self.path}: {error.strerror}") from error

    def check_same(self, spec: StudySpec) -> None:
        """Refuse a spec that asks another question than the study that lives here.

        Raises:
            InputError: Naming every key that differs, with both values.
        """
        here = self.spec()
        if here.identity == spec.identity:
            return
        problems = [
            Problem(message=f"{now!r}, but the study in {self.location} has {then!r}", location=location)
            for location, then, now in _differences(here.fixed, spec.fixed)
        ]
        raise InputError([Problem(message=f"{self.location} holds another study; choose another directory"), *problems])

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the directory for one run.

        Raises:
            InputError: If another process holds it.
        """
        lock = FileLock(self.path / _LOCK)
        try:
            lock.acquire(timeout=1)  # longer than `is_running` holds it
        except Timeout:
            raise InputError(f"{self.location} is in use: another process runs this study") from None
        try:
            yield
        finally:
            lock.release()

    @property
    def is_running(self) -> bool:
        """Whether a process runs the study now."""
        lock = FileLock(self.path / _LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            return True
        lock.release()
        return False

    def _free_place(self, name: str) -> str:
        """Return where a file or folder is set aside: another of the same name may have been before."""
        places = (f"{DAMAGED}/{name}" + (f".{number}" if number else "") for number in count())
        return next(place for place in places if not (self.path / place).exists())

    def _write(self, name: str, text: str, *, private: bool = False) -> None:
        partial = self.path / f"{name}.partial"
        partial.unlink(missing_ok=True)
        partial.touch(mode=0o600 if private else 0o666)
        partial.write_text(text, encoding="utf-8")
        os.replace(partial, self.path / name)


def directory_files(spec: StudySpec, root: Path) -> dict[str, str]:
    """Return the texts of the files that say what a directory's study is, by name; the spec last, which marks it."""
    return {ROOT: sealed(json.dumps({"root": str(root.resolve())})), SPEC: written_spec(spec)}


def _differences(then: Any, now: Any, *location: str | int) -> Iterator[tuple[tuple[str | int, ...], Any, Any]]:
    if isinstance(then, dict) and isinstance(now, dict):
        for key in {**then, **now}:
            yield from _differences(then.get(key), now.get(key), *location, key)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for position, (one, other) in enumerate(zip(then, now, strict=True)):
            yield from _differences(one, other, *location, position)
    elif then != now:
        yield location, then, now
