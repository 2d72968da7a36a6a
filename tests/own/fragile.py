"""A person's model one of whose workers fails once, in the way that a file beside it names."""

import os
import signal
from pathlib import Path

import numpy as np
import torch.distributed as dist
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
    stages = [
        nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU()),
        nn.Sequential(Fragile(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    ]
    generator = np.random.default_rng(0)
    for stage in stages:
        for parameter in stage.parameters():
            parameter.data.copy_(parameter.data.new_tensor(generator.normal(0, 0.2, size=parameter.shape)))
    return Backbone(stages, feature_width=16, preprocessing=Preprocessing(image_size=8))


def unfrozen_end(trial, arm):
    """A space in which the last stage, which has no batch norm, is trained."""
    return {
        "freezing_depth": 1,
        "backbone_learning_rate": 0.003,
        "head_learning_rate": trial.suggest_float("head_learning_rate", 3e-3, 3e-2, log=True),
        "batch_size": 32,
    }
