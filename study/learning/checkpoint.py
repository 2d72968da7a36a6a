"""Checkpoints: what training changed, and where it stood; loaded without executing code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file

from study.learning.loop import Learner
from study.learning.manifest import LISTED, PROGRESS, DamagedCheckpointError, check_manifest
from study.learning.model import AdaptedModel
from study.learning.tensors_file import read_tensors
from study.learning.trained_state import trained_state
from study.parts.backbones import Backbone
from study.parts.backbones.adapters import restore_adapters
from study.parts.backbones.low_rank import merged_state
from study.values.problems import InputError

_WEIGHTS = "trained.safetensors"
_OPTIMIZER = "optimizer.pt"


def save_checkpoint(folder: Path, learner: Learner, epoch: int, objectives: Sequence[float] = ()) -> None:
    """Write a checkpoint after `epoch` into `folder`, with the objectives of the epochs so far; all but its manifest.

    No generator's state is in it: every epoch seeds its own randomness from the trial's seed and its number.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_file(trained_state(learner.model), folder / _WEIGHTS)
    state = {
        "optimizer": learner.optimizer.state_dict(),
        "schedule": {"last_epoch": learner.schedule.last_epoch},
        "balancing": learner.balancing.state(),
    }
    torch.save(state, folder / _OPTIMIZER)
    progress = {"epoch": epoch, "objectives": list(objectives), LISTED: True}
    (folder / PROGRESS).write_text(json.dumps(progress))


def save_beginning(folder: Path) -> None:
    """Write a checkpoint that holds nothing: what goes on from it starts over."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / PROGRESS).write_text(json.dumps({"epoch": 0, "objectives": [], LISTED: True}))


def load_checkpoint(folder: Path, learner: Learner) -> tuple[int, list[float]]:
    """Put a learner where a checkpoint left off; return the epoch after which it was written, and the objectives.

    Raises:
        DamagedCheckpointError: If the folder holds no whole checkpoint.
        InputError: If it is one of another model.
    """
    try:
        progress = json.loads(_present(folder / PROGRESS).read_bytes())
        if progress["epoch"] == 0:
            return 0, []
        epoch, objectives = int(progress["epoch"]), [float(value) for value in progress["objectives"]]
        state = torch.load(_present(folder / _OPTIMIZER), map_location=learner.device, weights_only=True)
        optimizer, last_epoch = state["optimizer"], int(state["schedule"]["last_epoch"])
        # Checkpoints of versions that had but one way to balance tasks say nothing of it: it keeps nothing.
        balancing = state.get("balancing", {})
    except InputError:
        raise
    except Exception as error:  # of whatever kind its reader finds: a checkpoint of an earlier version has no manifest
        raise DamagedCheckpointError(f"checkpoint {folder} is damaged: {error}") from error
    load_trained(folder, learner.model)
    try:
        learner.optimizer.load_state_dict(optimizer)
        learner.balancing.load(balancing)
    except Exception as error:
        raise DamagedCheckpointError(f"checkpoint {folder} is damaged: {_OPTIMIZER}: {error}") from error
    learner.schedule.last_epoch = last_epoch
    return epoch, objectives


def load_trained(folder: Path, model: AdaptedModel) -> None:
    """Put the trained weights of a checkpoint into a model of the same shape.

    Raises:
        DamagedCheckpointError: If they are not there or cannot be read.
        InputError: If they are not of this model.
    """
    found = read_tensors(folder / _WEIGHTS)
    expected = trained_state(model)
    shapes = {name: tuple(value.shape) for name, value in expected.items()}
    if {name: tuple(value.shape) for name, value in found.items()} != shapes:
        raise InputError(f"checkpoint {folder} is of another model than this trial's")
    model.load_state_dict(found, strict=False)


def load_backbone(folder: Path, backbone: Backbone) -> None:
    """Put the backbone that a checkpoint was trained to into one that has the weights its training began from.

    The stages that were frozen then are not in the checkpoint and stay as they are. Low-rank changes become part of
    the weights; adapters are put where they were.

    Raises:
        DamagedCheckpointError: If there is no whole checkpoint.
        InputError: If it is of another backbone.
    """
    check_manifest(folder, names=(_WEIGHTS,))
    prefix = "backbone."
    trained = read_tensors(folder / _WEIGHTS)
    found = {name.removeprefix(prefix): value for name, value in trained.items() if name.startswith(prefix)}
    restore_adapters(backbone, found)
    expected = backbone.state_dict()
    found = merged_state(found, expected)
    if any(name not in expected or expected[name].shape != value.shape for name, value in found.items()):
        raise InputError(f"checkpoint {folder} is of another backbone than this trial's")
    backbone.load_state_dict(found, strict=False)


def _present(path: Path) -> Path:
    if not path.is_file():
        raise DamagedCheckpointError(f"no whole checkpoint in {path.parent}: {path.name} is missing")
    return path
