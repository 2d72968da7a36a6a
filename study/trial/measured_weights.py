"""The weights that a trial is measured with, where they are not those that it trains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from study.learning.loop import Learner
from study.learning.trained_state import trained_state
from study.parts.backbones.adapters import is_adapter_input
from study.parts.backbones.low_rank import is_low_rank_factor

_FILE = "measured.flag"
_STAGES = "backbone.stages."


class MeasuredWeights:
    """Makes them: the average of those trained, then drawn towards where the stages started; or nothing of the two.

    The second is theta = (1 - alpha) theta_0 + alpha theta_1 (Wortsman et al., 2022, Robust fine-tuning of zero-shot
    models, equation 1) over the unfrozen stages with their statistics; heads start from nothing and stay as they are.
    Of a low-rank change B A, which starts at B = 0, it is alpha B that counts, with A as it was trained; of an adapter,
    which starts at W_up = 0, alpha times what it adds.
    """

    def __init__(self, learner: Learner) -> None:
        """Remember the beginning.

        Args:
            learner: Before its first step, and before a checkpoint is loaded.
        """
        self._learner = learner
        self._alpha = learner.methods.wise_ft_alpha
        self._start = {} if self._alpha is None else _copy(_stages(trained_state(learner.model)))
        self._in_place = False

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Have them in the model, and those that are trained again at the end."""
        if not self._are_others:
            yield
            return
        model = self._learner.model
        trained = _copy(trained_state(model))
        model.load_state_dict(self._state(), strict=False)
        try:
            yield
        finally:
            model.load_state_dict(trained, strict=False)

    def put_in_place(self) -> None:
        """Have them in the model for good: it is fit to be trained no more."""
        if self._are_others:
            self._learner.model.load_state_dict(self._state(), strict=False)
        self.note_in_place()

    def note_in_place(self) -> None:
        """Take it that the model has them for good."""
        self._in_place = True

    def save(self, folder: Path) -> None:
        """Write into a checkpoint's folder what its weights do not say."""
        average = self._learner.update.average
        if average is not None:
            average.save(folder)
        if self._in_place and (average is not None or self._alpha is not None):
            (folder / _FILE).touch()

    def load(self, folder: Path) -> None:
        """Go on with what the folder of a checkpoint of a trained model holds.

        Raises:
            DamagedCheckpointError: If it cannot be read.
        """
        average = self._learner.update.average
        if average is not None:
            average.load(folder, self._learner.device)
        self._in_place = (folder / _FILE).exists()

    @property
    def _are_others(self) -> bool:
        """Whether the model's own are not the ones."""
        averaged = self._learner.update.average is not None
        return (averaged or self._alpha is not None) and not self._in_place

    @torch.no_grad()
    def _state(self) -> dict[str, Tensor]:
        average = self._learner.update.average
        state = trained_state(self._learner.model) if average is None or not average.state else average.state
        if self._alpha is None:
            return state
        moved = {
            name: torch.lerp(self._start[name], value, self._alpha)
            for name, value in _stages(state).items()
            if value.is_floating_point() and not self._scales_with_others(name)
        }
        return {**state, **moved}

    def _scales_with_others(self, name: str) -> bool:
        # Adapters that a backbone came with are trained as all that it has.
        has_new_adapters = self._learner.model.num_adapters is not None
        return is_low_rank_factor(name) or (has_new_adapters and is_adapter_input(name))


def _stages(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if name.startswith(_STAGES)}


def _copy(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in state.items()}
