"""A moving average of what is trained."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from study.learning.model import AdaptedModel
from study.learning.tensors_file import read_tensors
from study.learning.trained_state import trained_state

_FILE = "average.safetensors"


class MovingAverage:
    """Averages parameters, and the statistics of batch normalisation with them, step by step.

    a_t = d_t a_{t-1} + (1 - d_t) w_t (Tarvainen and Valpola, 2017, Mean teachers are better role models, section 2)
    with d_t = min(d, 1 - 1/t), as their code has it: the plain mean of all weights so far until those of the beginning
    would weigh more than a decay of d lets them. Whole numbers are not averaged but taken as they are.
    """

    def __init__(self, decay: float) -> None:
        """Begin with none.

        Args:
            decay: d, in (0, 1).
        """
        self._decay = decay
        self.state: dict[str, Tensor] = {}
        """What it has come to, by the names of `trained_state`; empty before the first step."""

    @torch.no_grad()
    def take_in(self, model: AdaptedModel, step: int) -> None:
        """Take in the weights after a step.

        Args:
            model: As it is after it.
            step: t, counted from 1 over the whole trial.
        """
        weights = trained_state(model)
        weight = 1 - min(self._decay, 1 - 1 / step)
        for name, value in weights.items():
            known = self.state.get(name)
            if known is None or not value.is_floating_point():
                self.state[name] = value.detach().clone()
            else:
                known.lerp_(value, weight)

    def save(self, folder: Path) -> None:
        """Write it into a checkpoint's folder."""
        if self.state:
            save_file(self.state, folder / _FILE)

    def load(self, folder: Path, device: torch.device) -> None:
        """Go on with what a checkpoint's folder holds.

        Raises:
            DamagedCheckpointError: If it is not there or cannot be read.
        """
        self.state = {name: value.to(device) for name, value in read_tensors(folder / _FILE).items()}
