"""Checkpoints at a URL, brought to where a trial reads them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from study.adapters.remote.object_store import ObjectStore
from study.adapters.remote.url import is_url
from study.values.plan import TrialPlan


@contextmanager
def with_checkpoints_here(plan: TrialPlan) -> Iterator[TrialPlan]:
    """Yield the plan with its checkpoints in folders of this machine, for as long as the block lasts.

    Raises:
        InputError: If a checkpoint's URL cannot be read.
    """
    named = {"checkpoint": plan.checkpoint, "backbone_checkpoint": plan.backbone_checkpoint}
    urls = {field: place for field, place in named.items() if place is not None and is_url(place)}
    if not urls:
        yield plan
        return
    with tempfile.TemporaryDirectory(prefix="checkpoint-") as folder:
        for field, url in urls.items():
            ObjectStore(url).download_folder("", Path(folder) / field)
        yield plan.model_copy(update={field: str(Path(folder) / field) for field in urls})
