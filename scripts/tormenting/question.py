"""The study that is tormented: small, and the same whatever the order in which its trials run."""

from __future__ import annotations

from pathlib import Path

TRIALS, ARMS, SEEDS = 10, 2, 2

SPEC = f"""
name: tormented
protocols: [fine_tuning, linear_probe]
backbones: ["own.py:slow_net"]
tasks: [{{name: digit, data: "own.py:digits", target: digit}}]
search: {{trials: {TRIALS}, sampler: random, space: "own.py:space", scheduler: {{kind: none}}}}
budget: {{epochs: 4}}
resources: {{max_failures: 50}}
assessment: {{seeds: {SEEDS}}}
"""

MODULE = """
import time

import numpy as np
from sklearn.datasets import load_digits
from torch import nn

from study import Backbone, Preprocessing


class Slow(nn.Module):
    def forward(self, inputs):
        if self.training:
            time.sleep(0.02)  # so that there is a middle of an epoch to be hit in
        return inputs


def slow_net():
    stages = [
        nn.Sequential(nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.BatchNorm2d(8), nn.ReLU()),
        nn.Sequential(Slow(), nn.Conv2d(8, 16, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    ]
    generator = np.random.default_rng(0)
    for stage in stages:
        for parameter in stage.parameters():
            parameter.data.copy_(parameter.data.new_tensor(generator.normal(0, 0.2, size=parameter.shape)))
    return Backbone(stages, feature_width=16, preprocessing=Preprocessing(image_size=8))


def digits():
    found = load_digits()
    return (found.images[:600] * 255 / 16).astype(np.uint8), {"digit": found.target[:600]}


def space(trial, arm):
    depth = arm.num_stages
    if arm.min_freezing_depth < depth:
        depth = trial.suggest_int("freezing_depth", arm.min_freezing_depth, depth - 1)
    return {
        "freezing_depth": depth,
        "backbone_learning_rate": 0.003,
        "head_learning_rate": trial.suggest_float("head_learning_rate", 3e-3, 3e-2, log=True),
        "batch_size": 32,
    }
"""


def write(folder: Path) -> Path:
    """Write the spec and the module that it names, and return the spec's path."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "own.py").write_text(MODULE)
    (folder / "spec.yaml").write_text(SPEC)
    return folder / "spec.yaml"
