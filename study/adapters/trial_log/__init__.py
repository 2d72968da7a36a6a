"""The log of each trial: in the worker's output, which Ray's dashboard shows, and in the trial's folder."""

from study.adapters.trial_log.watcher import LOG_FILE, TrialLogWatcher
from study.adapters.trial_log.worker import WorkerLog

__all__ = ["LOG_FILE", "TrialLogWatcher", "WorkerLog"]
