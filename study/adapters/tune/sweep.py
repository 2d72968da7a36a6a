"""A sweep: the trials of a study's phases, run by Ray Tune."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ray import tune

from study.adapters.checkpoint_shelf import CheckpointShelf
from study.adapters.tune.events import PhaseEvents
from study.adapters.tune.keys import ARM, NODE, NUMBER, STUDY
from study.adapters.tune.phase import Phase, Phases
from study.adapters.tune.phase_scheduler import PhaseScheduler
from study.adapters.tune.request import trial_request
from study.adapters.tune.searcher import SourceSearcher
from study.adapters.tune.stopping import StopRequest
from study.adapters.tune.study_trial import StudyTrial
from study.adapters.tune.time_limit import TimeLimit
from study.values.spec import ResourcesSpec

_ENVIRONMENT = {
    # Its loggers would write tags under ray/tune/ and a file a trial that nobody reads.
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    # An arm's own scheduler asks for its metric; a failed trial's last result has none.
    "TUNE_DISABLE_STRICT_METRIC_CHECKING": "1",
    "TUNE_RESULT_BUFFER_LENGTH": "1",
    # A trial whose process died is tried again, which our own log says.
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",  # ours lets trials finish their epoch
    # The summary at the end, and warnings about the deprecated output engine, are replaced by our own progress.
    "RAY_AIR_NEW_OUTPUT": "0",
}


def run_sweep(
    phases: Iterator[Phase],
    *,
    study: str,
    resources: ResourcesSpec,
    rooms: Callable[[], Mapping[str, int]],
    shelf: CheckpointShelf,
    stop: StopRequest | None = None,
    trial_limit_s: float | None = None,
    trainable: type[tune.Trainable] = StudyTrial,
) -> None:
    """Run the trials of every phase, one phase after the other, in actors that go from trial to trial.

    Args:
        phases: At least one; each is asked for when nothing of the one before runs any more.
        study: The study's name; workers put it on what they count.
        resources: What each trial gets.
        rooms: Trials that each of its nodes holds now, by the node's id.
        shelf: Where checkpoints are put; seen from every node.
        stop: Ends the sweep, once it is made.
        trial_limit_s: Seconds that a trial, or a pack, may take; no limit where None.
        trainable: What trains a trial; its results have the keys that TuneTrial's have.
    """
    # At its end Tune names every trial that did not complete, those too that were tried again and did.
    logging.getLogger("ray.tune.tune").addFilter(_says_nothing_of_incomplete_trials)
    in_turn = Phases(phases, stop)
    limits = [] if trial_limit_s is None else [TimeLimit(in_turn, trial_limit_s)]
    with _environment({**_ENVIRONMENT, "TUNE_MAX_PENDING_TRIALS_PG": str(max(1, sum(rooms().values())))}):
        tune.run(
            _placed(trainable, resources),
            config={STUDY: study},
            name=shelf.sweep,
            search_alg=SourceSearcher(in_turn, rooms, resources.max_concurrent_trials),
            scheduler=PhaseScheduler(in_turn),
            callbacks=[PhaseEvents(in_turn, shelf), *limits],
            num_samples=-1,
            reuse_actors=True,
            raise_on_failed_trial=False,
            storage_path=shelf.home.folder,
            storage_filesystem=shelf.home.filesystem,
            checkpoint_config=tune.CheckpointConfig(num_to_keep=shelf.home.num_kept),
            trial_name_creator=_trial_name,
            trial_dirname_creator=_trial_name,
            verbose=0,
        )


def _placed(trainable: type[tune.Trainable], resources: ResourcesSpec) -> type[tune.Trainable]:
    """Return the trainable with what each of its trials asks for, under its own name in the dashboard."""
    placed = tune.with_resources(trainable, lambda config: trial_request(resources, config[NODE]))
    placed.__qualname__ = trainable.__qualname__
    return placed  # type: ignore[no-any-return]


def _trial_name(trial: Any) -> str:
    """Return what the dashboard calls the trial, and its folder: arm and number, unique within a sweep."""
    return f"{trial.config[ARM].replace('/', '-')}-{trial.config[NUMBER]}"


def _says_nothing_of_incomplete_trials(line: logging.LogRecord) -> bool:
    return not line.getMessage().startswith("Trials did not complete")


@contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    """Set environment variables that Tune reads when a sweep starts, and put them back after."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
