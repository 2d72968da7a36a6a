"""The weights of the best epoch so far, kept where something is to be scored with those."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from safetensors.torch import save_file
from torch import Tensor

from study.learning.model import AdaptedModel
from study.learning.tensors_file import read_tensors
from study.learning.trained_state import trained_state
from study.values.plan import Purpose, TrialPlan
from study.values.scoring import SelectionRule, chosen_epoch

_FILE = "best.safetensors"


class BestWeights:
    """Holds nothing unless the plan's rule is `best_epoch` and it is scored on test or on an outer split."""

    def __init__(self, plan: TrialPlan) -> None:
        """Begin with none."""
        self._maximize = plan.arm.maximize
        is_scored = plan.purpose is Purpose.ASSESSMENT or plan.has_outer
        self.wanted = is_scored and plan.selection is SelectionRule.BEST_EPOCH
        """Whether any are kept."""
        self._state: dict[str, Tensor] = {}

    def note(self, model: AdaptedModel, objectives: Sequence[float]) -> None:
        """Keep a copy of what is trained, if the epoch just measured is the best.

        Args:
            model: As it is after that epoch.
            objectives: After each epoch, that one included.
        """
        if not self.wanted:
            return
        if chosen_epoch(objectives, SelectionRule.BEST_EPOCH, maximize=self._maximize) == len(objectives) - 1:
            self._state = {name: value.detach().cpu().clone() for name, value in trained_state(model).items()}

    def restore(self, model: AdaptedModel) -> bool:
        """Put the best epoch's weights into the model, if any are kept; return whether there are any."""
        model.load_state_dict(self._state, strict=False)
        return bool(self._state)

    def save(self, folder: Path) -> None:
        """Write them into a checkpoint's folder, if any are kept."""
        if self._state:
            save_file(self._state, folder / _FILE)

    def load(self, folder: Path) -> None:
        """Go on with what a checkpoint's folder holds.

        Raises:
            DamagedCheckpointError: If that cannot be read.
        """
        if self.wanted and (folder / _FILE).is_file():
            self._state = read_tensors(folder / _FILE)
