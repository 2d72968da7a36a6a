"""Keys of a trial's config and of its results, as Ray Tune passes them between driver and worker."""

PLAN = "plan"
"""The trial's plan, as JSON."""
ARM = "arm"
"""The arm's id; with NUMBER it names the trial's actor."""
NUMBER = "number"
EPOCH, OBJECTIVE, RECORD, TEST = "epoch", "objective", "record", "test"
FAILURE, TRACEBACK = "failure", "traceback"
