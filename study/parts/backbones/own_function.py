"""A backbone that a function of a person's own returns."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from inspect import signature
from pathlib import Path
from typing import Any

from study.parts.backbones.backbone import Backbone
from study.parts.backbones.chance import fixed_chance
from study.parts.backbones.checks import gather
from study.parts.backbones.own_return import Returned, understand
from study.parts.backbones.reinitialise import reinitialise
from study.parts.backbones.source import BackboneSource
from study.parts.backbones.state_fit import check_fit, load_fitting
from study.parts.backbones.weights_choice import DEFAULT, NONE, choose_weights
from study.parts.backbones.weights_file import read_weights
from study.values.importing import check_options, resolve
from study.values.problems import InputError, Problem
from study.values.spec import BackboneSpec

_PRETRAINED = "pretrained"


class OwnFunction(BackboneSource):
    """Calls the function that a spec refers to.

    A parameter named `pretrained`, where the function has one, says whether its own pretrained weights are wanted.
    Without it, random weights are made by each module's `reset_parameters()`.
    """

    def __init__(self, function: Callable[..., Any] | None = None) -> None:
        """Take the function itself, in place of looking for what a spec refers to."""
        self._given = function

    def problems(self, spec: BackboneSpec, *, root: Path) -> list[Problem]:
        """Return what is wrong with a spec; the function is called as for a trial."""
        found = gather(lambda: choose_weights(spec, (), root=root), lambda: self._check_options(spec, root))
        if found:
            return found

        def build() -> None:
            with fixed_chance():
                self.build(spec, root=root)

        return gather(build)

    def build(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return what the function returns, as a backbone.

        Raises:
            InputError: If the function or what it returns is not as it must be.
        """
        weights = choose_weights(spec, (), root=root)
        with fixed_chance() if spec.is_pretrained else nullcontext():
            # Weights from a file replace the function's own, so there is no use in having it fetch them.
            returned = self._call(spec, root, pretrained=weights == DEFAULT)
            if weights == NONE and not self._knows_pretrained(spec, root):
                reinitialise(returned.module, of=spec.source)
        if isinstance(weights, Path):
            state = read_weights(weights)
            check_fit(returned.module, state, weights=spec.weights, of=spec.source)
            load_fitting(returned.module, state)
        return returned.backbone(spec)

    def build_architecture(self, spec: BackboneSpec, *, root: Path) -> Backbone:
        """Return the backbone without its pretrained weights where the function can do so.

        Raises:
            InputError: If the function or what it returns is not as it must be.
        """
        with fixed_chance():
            return self._call(spec, root, pretrained=False).backbone(spec)

    def _call(self, spec: BackboneSpec, root: Path, *, pretrained: bool) -> Returned:
        self._check_options(spec, root)
        function = self._function(spec, root)
        extra = {_PRETRAINED: pretrained} if self._knows_pretrained(spec, root) else {}
        try:
            value = function(**spec.options, **extra)
        except InputError:
            raise
        except Exception as error:
            raise _wrong(f"{spec.source} raised {type(error).__name__}: {error}") from error
        return understand(value, spec)

    def _knows_pretrained(self, spec: BackboneSpec, root: Path) -> bool:
        return _PRETRAINED in signature(self._function(spec, root)).parameters

    def _check_options(self, spec: BackboneSpec, root: Path) -> None:
        function = self._function(spec, root)
        wrong = check_options(function, spec.options, reserved={_PRETRAINED}, what=spec.source)
        if not wrong and _PRETRAINED in spec.options and self._knows_pretrained(spec, root):
            wrong = [f"{_PRETRAINED!r} is no option of {spec.source}; it follows from `weights`"]
        if wrong:
            raise InputError([Problem(message=message, location=("options",)) for message in wrong])

    def _function(self, spec: BackboneSpec, root: Path) -> Any:
        if self._given is not None:
            return self._given
        try:
            return resolve(spec.source, root=root)
        except InputError as error:
            raise InputError(
                [Problem(message=problem.message, location=("source",)) for problem in error.problems]
            ) from error


def _wrong(message: str) -> InputError:
    return InputError(Problem(message=message, location=("source",)))
