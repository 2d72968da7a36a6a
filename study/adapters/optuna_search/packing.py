"""How many trials of a search are trained together, as one pack."""

from __future__ import annotations

import math
from typing import NamedTuple

from study.values.packing import MAX_TRIALS
from study.values.spec import Sampler, StudySpec

_SHARE = 4
"""Samplers that learn draw a pack of at most one in so many of the trials they have drawn before."""
_LEARNS_NOTHING = (Sampler.RANDOM, Sampler.GRID, Sampler.QMC)


class PackSize(NamedTuple):
    """The most that a pack may hold."""

    of_drawn: int
    """Trials that were drawn before, in a run that was interrupted."""
    of_new: int
    """Trials, where more are drawn for it."""


def pack_size(spec: StudySpec, *, num_asked: int, num_left: int, num_places: int) -> PackSize:
    """Return how many trials an arm's next pack may hold.

    The trials of a pack are drawn without knowing each other's results, which costs nothing where the sampler learns
    nothing, or where it draws a generation at a time, as NSGA-II does. It costs the others some of what they know: so
    no more are drawn than would be drawn at random anyway, or than a fraction of those they know. It
    depends on nothing that is measured: with one place the same spec and seed give the same packs.

    Args:
        spec: Says which sampler, and the most that a pack may hold.
        num_asked: Trials of the arm drawn so far, the pack's first included.
        num_left: Trials of the study still to be handed out, the pack's first included.
        num_places: Packs that run at once.
    """
    size = min(spec.resources.trials_per_pack or MAX_TRIALS, math.ceil(num_left / num_places))
    if spec.search.sampler in _LEARNS_NOTHING:
        return PackSize(size, size)
    if spec.search.sampler is Sampler.NSGA2:
        return PackSize(size, min(size, spec.search.generation - (num_asked - 1) % spec.search.generation))
    num_random = spec.search.startup_trials - (num_asked - 1)
    return PackSize(size, max(1, min(size, max(num_random, num_asked // _SHARE))))
