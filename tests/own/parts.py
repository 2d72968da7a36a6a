"""A person's own model, data and spaces, as tests name them: small enough to train in a second."""

import numpy as np
from sklearn.datasets import load_digits
from torch import nn

from study import Backbone, Preprocessing


def small_net(pretrained: bool = True) -> Backbone:
    stages = [
        nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2)),
        nn.Sequential(nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU()),
        nn.Sequential(nn.Conv2d(16, 32, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten()),
    ]
    if pretrained:
        generator = np.random.default_rng(0)
        for stage in stages:
            for parameter in stage.parameters():
                values = generator.normal(0, 0.2, size=parameter.shape)
                parameter.data.copy_(parameter.data.new_tensor(values))
    return Backbone(stages, feature_width=32, preprocessing=Preprocessing(image_size=8))


def two_labels():
    """600 digits: which one, and whether it is odd."""
    digits = load_digits()
    images = (digits.images[:600] * 255 / 16).astype(np.uint8)
    return images, {"digit": digits.target[:600], "odd": np.where(digits.target[:600] % 2, "odd", "even")}


def more_digits():
    """The next 300 digits."""
    digits = load_digits()
    return (digits.images[600:900] * 255 / 16).astype(np.uint8), {"digit": digits.target[600:900]}


def narrow(trial, arm):
    """A space whose every configuration trains well enough to tell that something was learned."""
    values = {
        "freezing_depth": trial.suggest_int("freezing_depth", arm.min_freezing_depth, arm.max_freezing_depth),
        "head_learning_rate": trial.suggest_float("head_learning_rate", 3e-3, 3e-2, log=True),
        "batch_size": 32,
    }
    if values["freezing_depth"] < arm.num_stages:
        values["backbone_learning_rate"] = trial.suggest_float("backbone_learning_rate", 1e-3, 1e-2, log=True)
    return values


def sometimes_diverges(trial, arm):
    """Every second configuration has a learning rate that no loss survives."""
    values = narrow(trial, arm)
    values["optimizer"] = "sgd"
    if trial.number % 2:
        values |= {"head_learning_rate": 3e38, "weight_decay": 0.1}
    return values


def heads(trial, arm):
    """Heads of many shapes; every sixth has a learning rate that no loss survives."""
    values = {
        "freezing_depth": arm.num_stages,
        "head_learning_rate": trial.suggest_float("head_learning_rate", 1e-3, 0.1, log=True),
        "head_depth": trial.suggest_int("head_depth", 0, 1),
        "head_width": trial.suggest_int("head_width", 8, 64),
        "dropout": trial.suggest_float("dropout", 0.0, 0.3),
        "batch_size": trial.suggest_categorical("batch_size", [16, 32]),
        "optimizer": trial.suggest_categorical("optimizer", ["adamw", "sgd"]),
    }
    if trial.number % 6 == 5:
        values |= {"optimizer": "sgd", "head_learning_rate": 3e38, "weight_decay": 0.1}
    return values


def unknown(trial, arm):
    return {**narrow(trial, arm), "head_widht": 64}


def coin_flips():
    """Digits whose labels are chance."""
    images, labels = two_labels()
    return images, {"coin": np.random.default_rng(7).integers(2, size=len(labels["odd"]))}


def half_frozen(trial, arm):
    """A space whose every configuration trains what is behind the first stage."""
    return {**narrow(trial, arm), "freezing_depth": 1, "backbone_learning_rate": 0.01}
