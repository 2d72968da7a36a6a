"""What training may change of a model."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from study.learning.model import AdaptedModel


def trained_state(model: AdaptedModel) -> dict[str, Tensor]:
    """Return the parameters and buffers that training may change: the heads' and the unfrozen stages'."""
    frozen = tuple(f"backbone.stages.{stage}." for stage in range(model.freezing_depth))
    return separate({name: value for name, value in model.state_dict().items() if not name.startswith(frozen)})


def separate(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return a state dict each of whose tensors has memory of its own, as safetensors wants it.

    What stages share, such as DeBERTa's relative positions, stands under several names.
    """
    seen: set[int] = set()
    separated = {}
    for name, value in state.items():
        separated[name] = value.clone() if value.data_ptr() in seen else value.contiguous()
        seen.add(value.data_ptr())
    return separated
