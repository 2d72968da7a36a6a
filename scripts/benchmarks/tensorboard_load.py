"""How long TensorBoard takes to load a large study, with every trial's curve (theirs) and the best ones' only (ours).

Both studies are written by the watchers that a run writes with, from the same records. They are read by TensorBoard's
own reader and plugins, as when it is started on the study directory: in a process of their own, so that memory is
measured too. Seconds are of CPU: the reader is one thread, so they are what it takes where nothing else runs.

    python scripts/benchmarks/tensorboard_load.py [--quick] [--json FILE] [--trials N] [--epochs N] [--repeats N]
"""

from __future__ import annotations

import argparse
import gc
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from study.values.arm import Arm, build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.metric_names import METRICS, OBJECTIVE, Split, tag
from study.values.plan import Purpose, TrialPlan
from study.values.records import EpochRecord, TrialRecord
from study.values.spec import Curves, StudySpec, TensorBoardSpec
from study.values.states import TrialState

EPOCH_S = 10.0
REDUCTION = 3
"""Of the trials at an epoch as many as 1 in this many go on to three times as many epochs, as under ASHA."""


def main() -> None:
    arguments = _arguments()
    if arguments.read is not None:
        print(json.dumps(_read(arguments.read)))
        return
    sizes = (arguments.trials, arguments.epochs, arguments.repeats)
    results = [result for stopping in (False, True) for result in _compare(*sizes, early_stopping=stopping)]
    for result in results:
        print("{name:<75} ours {ours:10.3f}  theirs {theirs:10.3f}  {ratio:6.2f}x".format(**result))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


def _compare(num_trials: int, num_epochs: int, repeats: int, *, early_stopping: bool) -> list[dict[str, object]]:
    with tempfile.TemporaryDirectory() as top:
        folders = {"ours": Path(top, "best"), "theirs": Path(top, "all")}
        records = list(_records(build_arms(_spec()), num_trials, num_epochs, early_stopping=early_stopping))
        written = {
            "ours": _write(folders["ours"], TensorBoardSpec(curves=Curves.BEST), records),
            "theirs": _write(folders["theirs"], TensorBoardSpec(curves=Curves.ALL), records),
        }
        # Paired: each round reads one after the other.
        rounds = [{side: _read_apart(folder) for side, folder in folders.items()} for _ in range(repeats)]
        sizes = {side: _size_mib(folder) for side, folder in folders.items()}
    study = f"{num_trials} trials x {num_epochs} epochs{', stopped early as by ASHA' if early_stopping else ''}"
    measured = {
        "start of TensorBoard (s)": [(one["ours"]["load_s"], one["theirs"]["load_s"]) for one in rounds],
        "HPARAMS, session groups (s)": [(one["ours"]["hparams_s"], one["theirs"]["hparams_s"]) for one in rounds],
        "list of scalars (s)": [(one["ours"]["scalars_s"], one["theirs"]["scalars_s"]) for one in rounds],
        "series (runs x tags)": [(one["ours"]["series"], one["theirs"]["series"]) for one in rounds],
        "memory of TensorBoard (MiB)": [(one["ours"]["memory_mib"], one["theirs"]["memory_mib"]) for one in rounds],
        "event files (MiB)": [(sizes["ours"], sizes["theirs"])],
        "writing, a trial (ms)": [(written["ours"], written["theirs"])],
    }
    return [_result(f"{name}, {study}", pairs) for name, pairs in measured.items()]


def _result(name: str, pairs: list[tuple[float, float]]) -> dict[str, object]:
    ours, theirs = zip(*pairs, strict=True)
    ratio = statistics.median(other / own for own, other in pairs)
    return {"name": name, "ours": statistics.median(ours), "theirs": statistics.median(theirs), "ratio": ratio}


def _write(folder: Path, shown: TensorBoardSpec, records: Sequence[TrialRecord]) -> float:
    """Write a study as a run would; return the milliseconds that a trial took."""
    from study.adapters.tensorboard import StudySummary, TensorBoardWatcher

    arms = build_arms(_spec())
    watchers = [TensorBoardWatcher(folder, arms, shown=shown), StudySummary(folder, arms, _no_leaderboard)]
    begin = time.process_time()
    for record in records:
        for watcher in watchers:
            watcher.on_start(record.model_copy(update={"epochs": (), "state": TrialState.RUNNING, "ended_at": None}))
        for epoch in record.epochs:
            for watcher in watchers:
                watcher.on_epoch(record.plan, epoch)
        for watcher in watchers:
            watcher.on_end(record)
    took = time.process_time() - begin
    for watcher in watchers:
        watcher.close()
    return 1000 * took / len(records)


def _no_leaderboard(records: object) -> str:
    return ""


def _spec() -> StudySpec:
    tasks = [{"name": name, "data": "elpv", "target": name} for name in ("defect", "type")]
    return StudySpec.model_validate(
        {"name": "load", "protocols": ["fine_tuning", "shared_representation"], "backbones": ["a", "b"], "tasks": tasks}
    )


def _records(arms: tuple[Arm, ...], num_trials: int, num_epochs: int, *, early_stopping: bool) -> Iterator[TrialRecord]:
    chance = random.Random(0)
    begin = 1_700_000_000.0
    for number in range(num_trials):
        plan = _plan(number, arms[number % len(arms)], num_epochs, chance)
        reached = _epochs_reached(num_epochs, chance) if early_stopping else num_epochs
        goal = chance.random()
        epochs = tuple(_epoch(plan.arm, n, goal * (1 - 0.9**n), chance) for n in range(1, reached + 1))
        record = TrialRecord(plan=plan, epochs=epochs, started_at=begin)
        state = TrialState.COMPLETE if reached == num_epochs else TrialState.PRUNED
        begin += reached * EPOCH_S
        yield record.ended(state, at=begin, reason=None if state is TrialState.COMPLETE else "stopped by the scheduler")


def _epochs_reached(num_epochs: int, chance: random.Random) -> int:
    reached = 1
    while reached < num_epochs and chance.random() < 1 / REDUCTION:
        reached *= REDUCTION
    return min(reached, num_epochs)


def _plan(number: int, arm: Arm, num_epochs: int, chance: random.Random) -> TrialPlan:
    hyperparameters = Hyperparameters(
        freezing_depth=chance.randrange(10),
        head_learning_rate=10 ** chance.uniform(-5, -1),
        backbone_learning_rate=10 ** chance.uniform(-6, -2),
        batch_size=chance.choice([16, 32, 64]),
    )
    return TrialPlan(
        purpose=Purpose.SEARCH,
        number=number,
        arm=arm,
        arm_number=number,
        hyperparameters=hyperparameters,
        seed=number,
        split_seed=0,
        epochs=num_epochs,
        num_threads=1,
        root="/",
        cache_dir="/",
        feature_cache_gib=0,
    )


def _epoch(arm: Arm, number: int, value: float, chance: random.Random) -> EpochRecord:
    splits = (Split.TRAIN, Split.VALIDATION, Split.GAP)
    names = [tag(split, task, name) for split in splits for task in arm.task_names for name in METRICS]
    metrics = {name: chance.random() for name in names}
    return EpochRecord(epoch=number, metrics={OBJECTIVE: value, **metrics}, duration_s=EPOCH_S)


def _size_mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*tfevents*")) / 2**20


def _read_apart(folder: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--read", str(folder)]
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        sys.exit(ran.stderr)
    values: dict[str, float] = json.loads(ran.stdout)
    return values


def _read(folder: Path) -> dict[str, float]:
    """Load a study as TensorBoard does when it starts, then ask what the page asks for first."""
    from tensorboard.backend.event_processing.data_ingester import DEFAULT_SIZE_GUIDANCE, DEFAULT_TENSOR_SIZE_GUIDANCE
    from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
    from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
    from tensorboard.context import RequestContext
    from tensorboard.plugins.base_plugin import TBContext
    from tensorboard.plugins.hparams import api_pb2
    from tensorboard.plugins.hparams.backend_context import Context
    from tensorboard.plugins.hparams.list_session_groups import Handler

    before = _memory_mib()
    begin = time.process_time()
    multiplexer = EventMultiplexer(
        size_guidance=DEFAULT_SIZE_GUIDANCE, tensor_size_guidance=DEFAULT_TENSOR_SIZE_GUIDANCE
    )
    multiplexer.AddRunsFromDirectory(str(folder))
    multiplexer.Reload()
    loaded = time.process_time()
    gc.collect()  # garbage of the load is not what the pages below cost
    provider = MultiplexerDataProvider(multiplexer, str(folder))
    asked_hparams = time.process_time()
    statuses = [api_pb2.STATUS_UNKNOWN, api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING]
    request = api_pb2.ListSessionGroupsRequest(allowed_statuses=statuses, start_index=0, slice_size=10_000)
    groups = Handler(RequestContext(), Context(TBContext(data_provider=provider)), "", request).run().session_groups
    listed = time.process_time()
    gc.collect()
    asked_scalars = time.process_time()
    scalars = provider.list_scalars(RequestContext(), experiment_id="", plugin_name="scalars")
    done = time.process_time()
    return {
        "load_s": loaded - begin,
        "hparams_s": listed - asked_hparams,
        "scalars_s": done - asked_scalars,
        "series": sum(map(len, scalars.values())),
        "memory_mib": _memory_mib() - before,
        "sessions": len(groups),
    }


def _memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="300 trials, 3 repeats")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results there too")
    parser.add_argument("--trials", type=int)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--repeats", type=int)
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    arguments.trials = arguments.trials or (300 if arguments.quick else 500)
    arguments.repeats = arguments.repeats or (3 if arguments.quick else 5)
    return arguments


if __name__ == "__main__":
    main()
