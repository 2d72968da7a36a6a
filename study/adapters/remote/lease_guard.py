"""Stops a run whose lease was taken over."""

from __future__ import annotations

from study.adapters.remote.lease import Lease
from study.adapters.watcher import Watcher
from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord


class LeaseGuard(Watcher):
    """Asks at every start and epoch whether the lease is still held; the first that is told of either."""

    def __init__(self, lease: Lease) -> None:
        """Guard a lease."""
        self._lease = lease

    def on_start(self, record: TrialRecord) -> None:
        """Raise if the lease was taken over."""
        self._lease.check()

    def on_epoch(self, plan: TrialPlan, epoch: EpochRecord) -> None:
        """Raise if the lease was taken over."""
        self._lease.check()
