"""The faults, a function each: all are real."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from study.orchestration.directory import StudyDirectory
from tormenting.cluster import Nodes
from tormenting.disk import SmallDisk
from tormenting.driver import Driver

_POLITE_S = 60.0
"""Seconds that a driver may take to stop by itself."""
_FULL_S = (1.0, 20.0)
"""For how long the disk is full: less than a study waits for it."""
_SECOND_S = 240.0
"""Seconds after which a second driver is not waited for: it went on with the study, since the first one ended."""


@dataclass
class Scene:
    """What a fault can happen to."""

    nodes: Nodes
    disk: SmallDisk
    driver: Driver
    spec: Path
    chance: random.Random
    damaged: set[str] = field(default_factory=set)
    """Folders of trials, relative to the study directory, whose files were damaged: these are trained anew."""


Fault = Callable[[Scene], bool]
"""Does it; returns whether there was anything to do it to."""


def kill_driver(scene: Scene) -> bool:
    """SIGKILL the driver."""
    scene.driver.kill()
    return True


def interrupt_driver(scene: Scene) -> bool:
    """SIGINT or SIGTERM to the driver, which is to stop after the epoch."""
    scene.driver.signal(scene.chance.choice([signal.SIGINT, signal.SIGTERM]))
    if not scene.driver.wait(_POLITE_S):
        scene.driver.kill()
        raise AssertionError(f"the driver did not stop within {_POLITE_S:g} s of a signal")
    return True


def kill_worker(scene: Scene) -> bool:
    """SIGKILL a process that trains."""
    workers = sorted(_workers(), key=lambda process: process.pid)
    if not workers:
        return False
    scene.chance.choice(workers).kill()
    return True


def lose_node(scene: Scene) -> bool:
    """Kill a node, and add another."""
    scene.nodes.lose_one(scene.chance.random())
    return True


def lose_cluster(scene: Scene) -> bool:
    """Kill the head and all nodes; the driver, which has no cluster any more, is killed too."""
    scene.nodes.lose_all()
    scene.driver.kill()
    return True


def damage_file(scene: Scene) -> bool:
    """Kill the driver, and flip a byte of a file of a finished trial or cut it short."""
    scene.driver.kill()
    files = sorted(_files_of_finished(scene.driver.directory))
    if not files:
        return True
    path = scene.chance.choice(files)
    content = bytearray(path.read_bytes())
    place = scene.chance.randrange(len(content))
    if scene.chance.random() < 0.5:
        content[place] ^= 1 << scene.chance.randrange(8)
    else:
        del content[place:]
    path.write_bytes(content)
    folder = path.parent.parent if path.parent.name == "checkpoint" else path.parent
    scene.damaged.add(folder.relative_to(scene.driver.directory).as_posix())
    return True


def fill_disk(scene: Scene) -> bool:
    """Have the disk with the study full for a while: the driver waits, or ends with a sentence."""
    if not (scene.disk.can_be_full and scene.driver.is_running):
        return False
    said = scene.driver.num_said
    with scene.disk.full():
        scene.driver.wait(scene.chance.uniform(*_FULL_S))
    if "Traceback" in scene.driver.said_since(said):
        raise AssertionError("the driver did not end with a sentence where the disk was full; see the drivers' log")
    return True


def run_twice(scene: Scene) -> bool:
    """Start the study a second time while it runs: that is refused, and disturbs nothing."""
    if not _is_held(scene.driver.directory):
        return False
    second = Driver(scene.spec, scene.driver.directory, scene.nodes.address, scene.driver.log)
    if not second.wait(_SECOND_S):
        second.kill()
    # A driver takes hold of the directory once: it had it all the while, if it has it still.
    if not _is_held(scene.driver.directory):
        return False
    if second.exit_code == 0:
        raise AssertionError("the second run was not refused; see the drivers' log")
    return True


FAULTS: dict[Fault, int] = {
    kill_driver: 8,
    interrupt_driver: 2,
    kill_worker: 4,
    lose_node: 2,
    lose_cluster: 1,
    damage_file: 2,
    fill_disk: 2,
    run_twice: 1,
}
"""With how often each is drawn."""


def _is_held(directory: Path) -> bool:
    """Whether a driver has hold of a study directory."""
    return directory.exists() and StudyDirectory(directory).is_running


def _workers() -> Iterator[psutil.Process]:
    """Yield what trains on this process's own cluster."""
    for process in psutil.Process().children(recursive=True):
        try:
            if " ".join(process.cmdline()).startswith("ray::StudyTrial"):
                yield process
        except psutil.Error:
            continue


def _files_of_finished(directory: Path) -> Iterator[Path]:
    for record in directory.glob("*/*/*/*/*/trial.json"):
        if '"state": "complete"' in record.read_text(errors="replace"):
            found = [*record.parent.iterdir(), *(record.parent / "checkpoint").glob("*")]
            checked = (".json", ".jsonl", ".safetensors", ".pt")
            yield from (path for path in found if path.suffix in checked and path.is_file() and path.stat().st_size)
