"""Two small models that write down on which node of a Ray cluster, and in which process, they are built."""

import json
import os
import time
from pathlib import Path

import numpy as np
import ray
from sklearn.datasets import load_digits
from torch import nn

from study import Backbone, Preprocessing

LOG = Path(__file__).parent / "started.jsonl"
NUM_NODES = 3


def digits():
    data = load_digits()
    return (data.images[:300] * 255 / 16).astype(np.uint8), {"digit": data.target[:300]}


def small(name):
    worker = ray._private.worker.global_worker
    if ray.is_initialized() and worker.mode == ray._private.worker.WORKER_MODE:
        with LOG.open("a") as log:
            log.write(json.dumps([name, ray.get_runtime_context().get_node_id(), os.getpid()]) + "\n")
        wait_for_all_nodes()
    stage = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    return Backbone([stage], feature_width=8, preprocessing=Preprocessing(image_size=8))


def wait_for_all_nodes():
    """Let no node take the trials of another, whose first worker process is slow to start."""
    limit = time.monotonic() + 90
    while len({json.loads(line)[1] for line in LOG.read_text().splitlines()}) < NUM_NODES and time.monotonic() < limit:
        time.sleep(0.1)
    time.sleep(0.5)


def one():
    return small("one")


def two():
    return small("two")


def space(trial, arm):
    rate = trial.suggest_float("head_learning_rate", 1e-3, 1e-1, log=True)
    return {"freezing_depth": 0, "head_learning_rate": rate, "backbone_learning_rate": rate, "batch_size": 32}
