"""Whether weights are of a model: names and shapes compared before anything is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor, nn

from study.values.problems import InputError, Problem

_SHOWN = 3
# Counters that weights saved by old versions of torch, and others, lack; nothing computed in eval mode reads them.
_MAY_LACK = "num_batches_tracked"


def check_fit(
    model: nn.Module, state: Mapping[str, Tensor], *, classifier: str | None = None, weights: str, of: str
) -> None:
    """Refuse weights of another architecture.

    Args:
        model: On any device, the meta device included.
        state: The weights.
        classifier: Prefix of the entries that do not matter, since they are not part of the backbone.
        weights: What the weights are called, for the message.
        of: What the model is called.

    Raises:
        InputError: With the first few names missing, unexpected and of another shape.
    """
    expected, given = _without(model.state_dict(), classifier), _without(state, classifier)
    missing = [name for name in expected if name not in given and not name.endswith(_MAY_LACK)]
    unexpected = [name for name in given if name not in expected]
    misshapen = [
        f"{name} {tuple(given[name].shape)} instead of {tuple(value.shape)}"
        for name, value in expected.items()
        if name in given and given[name].shape != value.shape
    ]
    faults = [
        f"{what} {_few(names)}"
        for what, names in (("missing", missing), ("unexpected", unexpected), ("shape", misshapen))
        if names
    ]
    if faults:
        message = f"weights {weights} are not of {of}: {'; '.join(faults)}"
        raise InputError(Problem(message=message, location=("weights",)))


def load_fitting(model: nn.Module, state: Mapping[str, Tensor], *, classifier: str | None = None) -> None:
    """Load weights that `check_fit` let pass; the model's own classifier keeps its values."""
    model.load_state_dict(_without(state, classifier), strict=False)


def _without(state: Mapping[str, Tensor], prefix: str | None) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if prefix is None or not name.startswith(prefix)}


def _few(names: Sequence[str]) -> str:
    rest = f" ... {len(names)} in all" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest
