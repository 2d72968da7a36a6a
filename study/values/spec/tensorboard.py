"""What TensorBoard is shown of a study."""

from __future__ import annotations

from enum import Enum

from pydantic import Field

from study.values.frozen import Frozen


class Curves(str, Enum):
    """Which trials keep their curves in TensorBoard once they have ended."""

    ALL = "all"
    BEST = "best"


class TensorBoardSpec(Frozen):
    """What TensorBoard is shown; records hold everything either way, and any choice can be taken back on resuming."""

    curves: Curves = Curves.BEST
    """`best`: of an arm's ended trials only the best keep their curves; of the others hyperparameters, final metrics
    and outcome stay. `all`: every trial keeps its curves; TensorBoard is slow beyond a few hundred."""
    num_best: int = Field(default=20, ge=0)
    """Ended trials an arm that keep their curves under `best`: complete ones first, the best objective first; and,
    unless it is 0, those that may yet be selected though others are better."""
