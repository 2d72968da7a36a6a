"""A person's model one of whose workers fails once, in the way that a file beside it names."""

import os
import signal
from pathlib import Path

import torch.distributed as dist
from parts import small_net as sound
from parts import two_labels  # noqa: F401 (named by specs)
from torch import nn

from study import Backbone, Preprocessing

TROUBLE = Path(__file__).parent / "trouble"


class Fragile(nn.Module):
    def forward(self, inputs):
        if self.training and dist.is_initialized() and dist.get_rank() == 1 and TROUBLE.exists():
            trouble = TROUBLE.read_text()
            TROUBLE.unlink()
            if trouble == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            raise MemoryError("no room for this batch")
        return inputs


def small_net():
    whole = sound()
    stages = [*whole.stages[:2], nn.Sequential(Fragile(), *whole.stages[2])]
    return Backbone(stages, feature_width=32, preprocessing=Preprocessing(image_size=8))


def unfrozen_end(trial, arm):
    """A space in which the last stage, which has no batch norm, is trained."""
    return {
        "freezing_depth": 2,
        "backbone_learning_rate": 0.003,
        "head_learning_rate": trial.suggest_float("head_learning_rate", 3e-3, 3e-2, log=True),
        "batch_size": 32,
    }
