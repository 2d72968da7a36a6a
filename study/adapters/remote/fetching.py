"""A checkpoint at a URL, brought to where a trial goes on from it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from study.adapters.remote.object_store import ObjectStore
from study.adapters.remote.url import is_url
from study.values.plan import TrialPlan


@contextmanager
def with_checkpoint_here(plan: TrialPlan) -> Iterator[TrialPlan]:
    """Yield the plan with its checkpoint in a folder of this machine, for as long as the block lasts.

    Raises:
        InputError: If the checkpoint's URL cannot be read.
    """
    if plan.checkpoint is None or not is_url(plan.checkpoint):
        yield plan
        return
    with tempfile.TemporaryDirectory(prefix="checkpoint-") as folder:
        ObjectStore(plan.checkpoint).download_folder("", Path(folder))
        yield plan.model_copy(update={"checkpoint": folder})
