"""A layer of Keras as a module of torch: its variables are the module's own parameters and buffers."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

_SEED = "seed_generator_state"
_HIGHEST_SEED = 2**31
_COUNTED = re.compile(r"_\d+$")


class Blueprint:
    """A layer or operation of Keras that is only run with variables that are given; copies of a module share it."""

    def __init__(self, operation: Any) -> None:
        self.operation = operation
        variables = list(getattr(operation, "variables", ()))
        self.seeds = [variable for variable in variables if variable.path.endswith(_SEED)]
        self.variables: dict[str, Any] = {}
        for variable in (one for one in variables if one not in self.seeds):
            self.variables[_unused(_name(variable, operation), self.variables)] = variable
        self.takes_training = bool(getattr(operation, "_call_has_training_arg", False))

    def __deepcopy__(self, memo: dict[int, Any]) -> Blueprint:
        return self

    def run(self, values: Mapping[str, Tensor], seeds: list[Tensor], args: Any, kwargs: Any) -> tuple[Any, Any]:
        """Return what the operation gives with these values of its variables, and their values afterwards."""
        import keras

        mapping = [(self.variables[name], value) for name, value in values.items()]
        with keras.StatelessScope([*mapping, *zip(self.seeds, seeds, strict=True)]) as scope:
            outputs = self.operation.call(*args, **kwargs)
        return outputs, {name: scope.get_current_value(self.variables[name]) for name in values}


class LayerModule(nn.Module):
    """Runs a layer in the mode that the module is in.

    What the layer draws in training follows from torch's global generator.
    """

    def __init__(self, operation: Any) -> None:
        super().__init__()
        self.blueprint = Blueprint(operation)
        self.settings = described(operation)
        self.updated = []
        """Names of the buffers, which a call in training may change."""
        for name, variable in self.blueprint.variables.items():
            value = variable.value.detach()
            if variable.trainable:
                self.register_parameter(name, nn.Parameter(value))
            else:
                self.register_buffer(name, value)
                self.updated.append(name)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return what the layer gives."""
        blueprint = self.blueprint
        if blueprint.takes_training:
            kwargs = {**kwargs, "training": self.training}
        if not blueprint.variables and not (blueprint.seeds and self.training):
            return blueprint.operation.call(*args, **kwargs)
        values = {name: getattr(self, name) for name in blueprint.variables}
        outputs, after = blueprint.run(values, self._seeds(), args, kwargs)
        if self.training:
            self._keep(after)
        return outputs

    def extra_repr(self) -> str:
        """Say what the layer is; this is in the digest of cached features."""
        return self.settings

    def _seeds(self) -> list[Tensor]:
        if not self.training:
            return [seed.value for seed in self.blueprint.seeds]
        return [torch.randint(_HIGHEST_SEED, (2,), device="cpu") for _ in self.blueprint.seeds]

    @torch.no_grad()
    def _keep(self, after: Mapping[str, Tensor]) -> None:
        for name in self.updated:
            value: Tensor = getattr(self, name)
            if after[name] is not value:
                value.copy_(after[name])


def described(operation: Any) -> str:
    """Return what an operation computes as text, the same in every process: names and seeds are left out."""
    import keras

    written = keras.saving.serialize_keras_object(operation)
    kept = {"class": written["class_name"], "config": _without_names(written["config"]), "keras": keras.__version__}
    return json.dumps(kept, sort_keys=True, default=str)


def _without_names(value: Any) -> Any:
    if isinstance(value, dict):
        left_out = ("name", "seed", "trainable", "build_config")
        return {key: _without_names(item) for key, item in value.items() if key not in left_out}
    return [_without_names(item) for item in value] if isinstance(value, list | tuple) else value


def _name(variable: Any, operation: Any) -> str:
    """Return a variable's name within its layer, as a module may call it: `kernel`, `query_kernel`.

    Numbers at its end are left out: Keras counts what has no name of its own through a whole process.
    """
    path = str(variable.path).rpartition(f"{operation.name}/")[2]
    return "_".join(_COUNTED.sub("", part) for part in path.replace(".", "_").split("/"))


def _unused(name: str, taken: Mapping[str, Any]) -> str:
    number = 1
    unused = name
    while unused in taken or hasattr(nn.Module, unused):
        number += 1
        unused = f"{name}_{number}"
    return unused
