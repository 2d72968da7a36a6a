"""A stage: some steps of a model's graph, and what stands before the first and behind the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from study.parts.backbones.keras_models.graph import Slot, Step


class Entrance(nn.Module):
    """Images as all backbones take them, (N, C, H, W), to images as Keras does, (N, H, W, C)."""

    def __init__(self, *, is_bgr: bool) -> None:
        """Turn the order of colours round where the model was trained on blue first."""
        super().__init__()
        self.is_bgr = is_bgr

    def forward(self, images: Tensor) -> Tensor:
        """Return images (N, H, W, C)."""
        return (images.flip(1) if self.is_bgr else images).permute(0, 2, 3, 1)


class MapMean(nn.Module):
    """Global average pooling: maps (N, H, W, C) become features (N, C)."""

    def forward(self, maps: Tensor) -> Tensor:
        """Return features."""
        return maps.mean(dim=(1, 2))


class GraphStage(nn.Module):
    """Steps in order, on one tensor; the last one's output is the stage's."""

    def __init__(self, steps: Sequence[Step], modules: Mapping[int, nn.Module]) -> None:
        """Take steps.

        Args:
            steps: At least one, which take nothing from outside but one tensor.
            modules: By an operation's id, what computes it; a layer that is called twice has one.
        """
        super().__init__()
        used = list(dict.fromkeys(id(step.operation) for step in steps))
        made = {slot for step in steps for slot in step.outputs}
        [self.entry] = {slot for step in steps for slot in step.inputs()} - made
        self.layers = nn.ModuleList(modules[key] for key in used)
        self.calls = [(used.index(id(step.operation)), step.args, step.kwargs, step.outputs) for step in steps]
        self.last_use = {slot: number for number, step in enumerate(steps) for slot in step.inputs()}

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the last step's output."""
        import keras

        values: dict[Slot, Any] = {self.entry: inputs}
        last = self.calls[-1][3][0]
        with keras.device(str(inputs.device)):
            for number, (layer, args, kwargs, outputs) in enumerate(self.calls):
                found = self.layers[layer](*_filled(args, values), **_filled(kwargs, values))
                values.update(zip(outputs, found if isinstance(found, list | tuple) else [found], strict=True))
                for slot in [slot for slot in values if self.last_use.get(slot) == number]:
                    del values[slot]
        result: Tensor = values[last]
        return result

    def extra_repr(self) -> str:
        """Say how the layers are joined; this is in the digest of cached features."""
        return repr([(layer, args, kwargs, outputs) for layer, args, kwargs, outputs in self.calls])


def _filled(value: Any, values: Mapping[Slot, Any]) -> Any:
    """Return arguments with tensors where their slots are."""
    if isinstance(value, Slot):
        return values[value]
    if isinstance(value, list | tuple):
        return type(value)(_filled(item, values) for item in value)
    return {key: _filled(item, values) for key, item in value.items()} if isinstance(value, dict) else value
