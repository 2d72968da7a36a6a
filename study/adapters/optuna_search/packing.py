"""How many trials of a search are trained together, as one pack."""

from __future__ import annotations

import math
from typing import NamedTuple

from study.values.packing import MAX_TRIALS
from study.values.spec import Sampler, StudySpec

_SHARE = 4
"""TPE draws a pack of at most one in so many of the trials it has drawn before."""


class PackSize(NamedTuple):
    """The most that a pack may hold."""

    of_drawn: int
    """Trials that were drawn before, in a run that was interrupted."""
    of_new: int
    """Trials, where more are drawn for it."""


def pack_size(spec: StudySpec, *, num_asked: int, num_left: int, num_places: int) -> PackSize:
    """Return how many trials an arm's next pack may hold.

    The trials of a pack are drawn without knowing each other's results, which costs TPE, though not random or grid
    search, some of what it knows: so no more are drawn than TPE would draw at random anyway, or than a fraction of
    those it knows. It depends on nothing that is measured: with one place the same spec and seed give the same packs.

    Args:
        spec: Says which sampler, and the most that a pack may hold.
        num_asked: Trials of the arm drawn so far, the pack's first included.
        num_left: Trials of the study still to be handed out, the pack's first included.
        num_places: Packs that run at once.
    """
    size = min(spec.resources.trials_per_pack or MAX_TRIALS, math.ceil(num_left / num_places))
    if spec.search.sampler is not Sampler.TPE:
        return PackSize(size, size)
    num_random = spec.search.startup_trials - (num_asked - 1)
    return PackSize(size, max(1, min(size, max(num_random, num_asked // _SHARE))))
