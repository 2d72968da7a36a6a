"""A model's graph as one list of steps, models within it taken apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

_DRIVEN_BY_STAGES = ("training", "mask")
"""Arguments of a call that a saved graph may hold and that have no say here: frozen stages are in eval mode, others
not."""


@dataclass(frozen=True)
class Slot:
    """A place for a tensor."""

    number: int


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call of a layer or operation."""

    operation: Any
    args: tuple[Any, ...]
    """Slots, and lists of them, among other values."""
    kwargs: dict[str, Any]
    outputs: tuple[Slot, ...]

    @property
    def name(self) -> str:
        """What the operation is called."""
        return str(self.operation.name)

    @property
    def kind(self) -> str:
        """The operation's class."""
        return type(self.operation).__name__

    def inputs(self) -> set[Slot]:
        """Return what it takes."""
        return set(slots_in((self.args, self.kwargs)))


@dataclass(kw_only=True)
class Graph:
    """Steps, each behind those whose outputs it takes; the first slot is the model's input."""

    steps: list[Step] = field(default_factory=list)
    shapes: list[tuple[int | None, ...]] = field(default_factory=list)
    """Of each slot, by its number; the first length is the batch's."""

    def new_slot(self, shape: Sequence[int | None]) -> Slot:
        """Return one more place."""
        self.shapes.append(tuple(shape))
        return Slot(len(self.shapes) - 1)

    def shape(self, slot: Slot) -> tuple[int | None, ...]:
        """Return the shape of what is put there."""
        return self.shapes[slot.number]


def graph_of(model: Any) -> Graph:
    """Return the graph of a model with one input and one output.

    Raises:
        ValueError: If it has more of either, or takes no shape yet.
    """
    function = _function(model)
    if function is None:
        raise ValueError("it is not built: its first layer says nothing of the shape of its input")
    if len(function.inputs) != 1 or len(function.outputs) != 1:
        raise ValueError(
            f"it has {len(function.inputs)} inputs and {len(function.outputs)} outputs; one of each is read"
        )
    graph = Graph()
    entry = graph.new_slot(function.inputs[0].shape)
    [result] = _inline(graph, function, [entry])
    if not graph.steps or graph.steps[-1].outputs != (result,):
        raise ValueError("its output is not what its last layer gives")
    return graph


def slots_in(value: Any) -> Iterator[Slot]:
    """Yield the slots within arguments."""
    if isinstance(value, Slot):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from slots_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from slots_in(item)


def _function(operation: Any) -> Any:
    """Return the graph of Keras within a model; None where it is a layer or not built."""
    function = getattr(operation, "_functional", operation)  # a Sequential model holds one
    return function if hasattr(function, "_nodes_by_depth") else None


def _inline(graph: Graph, function: Any, inputs: Sequence[Slot]) -> list[Slot]:
    places = {id(tensor): slot for tensor, slot in zip(function.inputs, inputs, strict=True)}
    for _, nodes in sorted(function._nodes_by_depth.items(), reverse=True):
        for node in nodes:
            if node.is_input:
                continue
            args, kwargs = node.arguments.convert(lambda value: places.get(id(value), value))
            inner = _function(node.operation)
            if inner is not None:
                outputs = _inline(graph, inner, list(slots_in((args, kwargs))))
            else:
                outputs = [graph.new_slot(tensor.shape) for tensor in node.outputs]
                kept = {name: value for name, value in kwargs.items() if name not in _DRIVEN_BY_STAGES}
                graph.steps.append(Step(operation=node.operation, args=args, kwargs=kept, outputs=tuple(outputs)))
            places.update(zip((id(tensor) for tensor in node.outputs), outputs, strict=True))
    return [places[id(tensor)] for tensor in function.outputs]
