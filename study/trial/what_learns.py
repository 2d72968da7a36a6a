"""What learns of the unfrozen stages, where these are not trained whole."""

from __future__ import annotations

from study.learning.model import AdaptedModel
from study.values.fine_tuning_methods import LoraLayers
from study.values.hyperparameters import Hyperparameters
from study.values.nothing_trained import ADAPTERS_NOTE, LOW_RANK_NOTE, NOTHING_TRAINED

_LAYERS = {
    LoraLayers.LINEAR: "nn.Linear or nn.MultiheadAttention",
    LoraLayers.LINEAR_AND_CONVOLUTIONS: "nn.Linear, nn.MultiheadAttention or nn.Conv2d without groups",
}


def note_what_learns(model: AdaptedModel, values: Hyperparameters, notes: dict[str, str]) -> None:
    """Say in a trial's notes what stands beside the weights of its unfrozen stages, or that nothing does.

    Args:
        model: The trial's.
        values: Its configuration.
        notes: `low_rank` or `adapters` in it is set, where the model learns so.
    """
    if model.num_low_rank is not None:
        notes[LOW_RANK_NOTE] = (
            f"changes of rank {values.lora_rank} of {model.num_low_rank} weights"
            if model.num_low_rank
            else f"no {_LAYERS[values.lora_layers]} in the unfrozen stages: {NOTHING_TRAINED}"
        )
    if model.num_adapters is not None:
        notes[ADAPTERS_NOTE] = (
            f"of width {values.adapter_width} behind {model.num_adapters} blocks"
            if model.num_adapters
            else f"no blocks of layers in the unfrozen stages: {NOTHING_TRAINED}"
        )
