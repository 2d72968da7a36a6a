"""Text of modules as a person writes them, where a test needs one of its own in a folder of its own."""

ONE_CONVOLUTION = """
from pathlib import Path
import numpy as np
from torch import nn
from study import Backbone, Preprocessing

def one_convolution(first):
    stages = [nn.Sequential(first, nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())]
    generator = np.random.default_rng(0)
    for parameter in stages[0].parameters():
        parameter.data.copy_(parameter.data.new_tensor(generator.normal(0, 0.2, size=parameter.shape)))
    return Backbone(stages, feature_width=4, preprocessing=Preprocessing(image_size=8))

def space(trial, arm):
    return {
        "freezing_depth": arm.min_freezing_depth, "backbone_learning_rate": 0.01, "batch_size": 16,
        "head_learning_rate": trial.suggest_float("head_learning_rate", 1e-3, 1e-1, log=True),
    }
"""
"""A backbone of one stage behind a module that is given, and a space that searches a learning rate."""

NOISE = """
def labels():
    generator = np.random.default_rng(0)
    return generator.integers(0, 255, (120, 8, 8, 3)).astype(np.uint8), {"digit": np.arange(120) % 3}
"""
"""120 images, behind `ONE_CONVOLUTION`, of which nothing can be learned."""
