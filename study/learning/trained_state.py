"""What training may change of a model."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from study.learning.model import AdaptedModel


def trained_state(model: AdaptedModel) -> dict[str, Tensor]:
    """Return the parameters and buffers that training may change: the heads' and the unfrozen stages'.

    Where these learn by low-rank changes or adapters alone, their own parameters are left out.
    """
    frozen = tuple(f"backbone.stages.{stage}." for stage in range(model.freezing_depth))
    kept = _kept_parameters(model) if model.learns_beside else frozenset[str]()
    state = model.state_dict()
    return separate({name: value for name, value in state.items() if not name.startswith(frozen) and name not in kept})


def _kept_parameters(model: AdaptedModel) -> frozenset[str]:
    named = model.named_parameters(remove_duplicate=False)
    return frozenset(name for name, parameter in named if not parameter.requires_grad)


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
