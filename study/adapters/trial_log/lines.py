"""What a log says of a trial; each function returns whole lines."""

from __future__ import annotations

from study.values.flat import told
from study.values.plan import TrialPlan
from study.values.records import EpochRecord, TrialRecord
from study.values.states import TrialState


def trial_name(plan: TrialPlan) -> str:
    """Return what a trial is called wherever people look for it: arm and number."""
    return f"{plan.arm.id} {plan.id}"


def start_lines(plan: TrialPlan, *, epochs_before: int = 0) -> list[str]:
    """Say that a trial begins, or goes on, and with what.

    Args:
        plan: What is trained.
        epochs_before: Epochs that it has on record already.
    """
    settings = " ".join(f"{name}={value}" for name, value in told(plan.hyperparameters).items())
    begins = f"goes on after epoch {epochs_before}" if epochs_before else "begins"
    lineage = [
        f"until epoch {segment.until_epoch} as trial {segment.trial}: "
        + " ".join(f"{name}={value}" for name, value in told(segment.hyperparameters).items())
        for segment in plan.lineage
    ]
    return [
        f"{begins}: {plan.epochs} epochs, {plan.num_threads} CPU threads, {plan.num_gpus:g} GPUs, seed {plan.seed}",
        *lineage,
        f"hyperparameters: {settings}",
    ]


def epoch_line(plan: TrialPlan, epoch: EpochRecord) -> str:
    """Say what an epoch gave and took."""
    notes = "".join(f"; {name} {note}" for name, note in epoch.notes.items())
    return (
        f"epoch {epoch.epoch}/{plan.epochs}: objective {epoch.objective:.6g} in {epoch.duration_s:.3g} s, "
        f"{epoch.num_samples} samples{notes}"
    )


def failure_lines(reason: str, traceback: str | None) -> list[str]:
    """Say why a trial failed and, unless the input was to blame, where in the code."""
    return [f"failed: {line}" for line in reason.splitlines()] + (traceback or "").splitlines()


def end_lines(record: TrialRecord) -> list[str]:
    """Say how a trial ended, with its test metrics where it has any."""
    if record.state is TrialState.FAILED:
        return failure_lines(record.reason or "no reason given", record.traceback)
    reason = f": {record.reason}" if record.reason else ""
    took = f" in {record.ended_at - record.started_at:.1f} s" if record.ended_at is not None else ""
    scores = [f"{tag} {value:.6g}" for tag, value in record.test.items()]
    return [f"{record.state.value} after {record.last_epoch} epochs{took}{reason}", *scores]
