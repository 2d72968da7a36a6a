"""Run a study under a seeded schedule of real faults for a given time, and check that nothing was lost.

A study that ends before the time does is begun anew elsewhere; the last one is left in peace to end. The directory of a
study that was interrupted is moved now and then. Exits with 1 where the promise was not kept.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tormenting import promise
from tormenting.cluster import Nodes
from tormenting.disk import SmallDisk
from tormenting.driver import Driver
from tormenting.faults import FAULTS, Fault, Scene
from tormenting.question import ARMS, SEEDS, TRIALS, write

_PAUSE_S = (0.0, 5.0)
"""From a driver's first epoch, or from its beginning, to a fault."""
_HIT_EARLY = 0.25
"""How often a driver is hit though it may have trained nothing yet."""
_BEGINS_S = 60.0
"""Seconds that a driver is given for its first epoch, before a fault comes in any case."""
_MOVES = 0.2
"""How often the directory of a study that was interrupted is moved."""
_PEACE_S = 300.0
"""Seconds that the last study is given to end."""


@dataclass
class Outcome:
    """What came of it."""

    seed: int
    minutes: float
    faults: Counter[str] = field(default_factory=Counter)
    studies: int = 0
    resumes: int = 0
    moves: int = 0
    lost: list[str] = field(default_factory=list)
    run_twice: list[str] = field(default_factory=list)
    other_leaderboards: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def is_kept(self) -> bool:
        """Whether the promise was kept."""
        return not (self.lost or self.run_twice or self.other_leaderboards or self.broken)

    def facts(self) -> dict[str, Any]:
        """Return what is reported."""
        return {
            "seed": self.seed,
            "minutes": self.minutes,
            "faults": dict(sorted(self.faults.items())),
            "studies": self.studies,
            "resumes": self.resumes,
            "directories_moved": self.moves,
            "trials_lost": len(self.lost),
            "trials_run_twice": len(self.run_twice),
            "leaderboards_unlike_the_undisturbed": self.other_leaderboards,
            "details": [*self.lost, *self.run_twice, *self.broken],
        }


@dataclass
class Schedule:
    """Which faults come when, and until when."""

    chance: random.Random
    kinds: dict[Fault, int]
    """With how often each is drawn."""
    num_faults: float
    until: float
    """On the monotonic clock."""

    def is_over(self, outcome: Outcome) -> bool:
        """Whether there is to be no other fault."""
        return time.monotonic() >= self.until or outcome.faults.total() >= self.num_faults

    def wait(self, driver: Driver) -> bool:
        """Wait until the next fault is due; return whether the driver ended before that."""
        latest = time.monotonic() + (0.0 if self.chance.random() < _HIT_EARLY else _BEGINS_S)
        trained = driver.num_trained
        while time.monotonic() < min(latest, self.until) and driver.is_running and driver.num_trained == trained:
            time.sleep(0.1)
        return driver.wait(min(self.chance.uniform(*_PAUSE_S), max(0.0, self.until - time.monotonic())))

    def fault(self) -> Fault:
        """Return the next one."""
        [fault] = self.chance.choices(list(self.kinds), weights=list(self.kinds.values()))
        return fault


def main() -> None:
    """Torment, and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20, metavar="M", help="how long faults go on")
    parser.add_argument("--faults", type=int, default=math.inf, metavar="N", help="at most so many of them")
    kinds = {fault.__name__: fault for fault in FAULTS}
    parser.add_argument(
        "--only",
        nargs="+",
        choices=sorted(kinds),
        default=sorted(kinds),
        metavar="KIND",
        help=f"faults of these kinds: {', '.join(sorted(kinds))}",
    )
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the schedule")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report there")
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="work in that folder, and leave it; DIR/disk stays mounted"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="chaos-", ignore_cleanup_errors=True) as temporary:
        folder = (options.keep or Path(temporary)).resolve()
        outcome = Outcome(seed=options.seed, minutes=options.minutes)
        only = {kinds[name]: FAULTS[kinds[name]] for name in options.only}
        torment(folder, outcome, only, num_faults=options.faults, keep=options.keep is not None)
    report = json.dumps(outcome.facts(), indent=2)
    print(report)
    if options.json:
        options.json.write_text(report + "\n")
    sys.exit(0 if outcome.is_kept else 1)


def torment(folder: Path, outcome: Outcome, kinds: dict[Fault, int], *, num_faults: float, keep: bool) -> None:
    """Run studies under faults until there are to be no more and the last one is over."""
    nodes, spec, log, disk = Nodes(), write(folder), folder / "drivers.log", SmallDisk(folder / "disk")
    try:
        reference = Driver(spec, disk.folder / "undisturbed", nodes.address, log)
        if not reference.wait(_PEACE_S) or reference.exit_code != 0:
            raise SystemExit(f"the undisturbed study failed; see {log}")
        _say("the undisturbed study is over")
        until = time.monotonic() + 60 * outcome.minutes
        schedule = Schedule(random.Random(outcome.seed), kinds, num_faults, until)
        while not schedule.is_over(outcome) and not outcome.broken:
            _torment_one(disk, spec, log, nodes, schedule, outcome)
    finally:
        nodes.stop()
        if not keep:
            disk.unmount()


def _torment_one(disk: SmallDisk, spec: Path, log: Path, nodes: Nodes, schedule: Schedule, outcome: Outcome) -> None:
    """Run one study to its end."""
    directory = disk.folder / f"study-{outcome.studies}"
    outcome.studies += 1
    scene = Scene(nodes, disk, Driver(spec, directory, nodes.address, log), spec, schedule.chance)
    before: promise.Ends = {}
    while not schedule.is_over(outcome):
        if schedule.wait(scene.driver):
            if scene.driver.exit_code == 0:
                break
        else:
            before = _inject(scene, schedule.fault(), before, outcome)
        if not scene.driver.is_running:
            directory = _moved(directory, schedule.chance, outcome)
            outcome.resumes += 1
            scene.driver = Driver(spec, directory, nodes.address, log)
    _end_in_peace(scene, directory, log, before, outcome)
    if not outcome.broken:
        outcome.lost += promise.lost(directory, trials=TRIALS, arms=ARMS, seeds=SEEDS)
        outcome.other_leaderboards += not promise.same_leaderboard(disk.folder / "undisturbed", directory)


def _inject(scene: Scene, fault: Fault, before: promise.Ends, outcome: Outcome) -> promise.Ends:
    """Do a fault, and return what had ended by then."""
    now = promise.finished(scene.driver.directory)
    outcome.run_twice += promise.run_twice(before, now, scene.damaged)
    try:
        outcome.faults[fault.__name__] += fault(scene)
    except AssertionError as error:
        outcome.broken.append(str(error))
    _say(f"{fault.__name__}; {len(now)} had ended")
    return {**before, **now}


def _moved(directory: Path, chance: random.Random, outcome: Outcome) -> Path:
    """Move a study directory now and then."""
    if chance.random() >= _MOVES or not directory.exists():
        return directory
    outcome.moves += 1
    return directory.rename(directory.with_name(f"{directory.name}-moved"))


def _end_in_peace(scene: Scene, directory: Path, log: Path, before: promise.Ends, outcome: Outcome) -> None:
    """Let the study go on until it is over."""
    for _ in range(3):  # the last fault may end the driver after it was begun again
        if not scene.driver.wait(_PEACE_S):
            outcome.broken.append(f"the study did not end within {_PEACE_S:g} s without faults")
            return scene.driver.kill()
        if scene.driver.exit_code == 0:
            outcome.run_twice += promise.run_twice(before, promise.finished(directory), scene.damaged)
            return None
        outcome.resumes += 1
        scene.driver = Driver(scene.spec, directory, scene.nodes.address, log)
    outcome.broken.append(f"the study could not be resumed: exit code {scene.driver.exit_code}; see the drivers' log")
    return None


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
