"""Backbones from models of Keras: a saved one, or an architecture of `keras.applications`."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from study.parts.backbones.chance import fixed_chance
from study.parts.backbones.checks import gather
from study.parts.backbones.keras_models.applications import IMAGENET, application, check_name, own_image_size, way
from study.parts.backbones.keras_models.keras_backbone import OPTION, KerasBackbone, backbone_of
from study.parts.backbones.keras_models.library import load_keras
from study.parts.backbones.keras_models.model_file import SUFFIX, KerasFile, read_file
from study.parts.backbones.keras_models.pixels import WAYS, WITHIN
from study.parts.backbones.keras_models.weights_files import chosen_weights, load_weights
from study.parts.backbones.source import BackboneSource
from study.parts.backbones.weights_choice import DEFAULT, NONE
from study.values.problems import InputError, Problem, unknown_name
from study.values.spec import BackboneSpec

PREFIX = "keras:"
"""What stands before the path of a saved model, or the name of an architecture."""


class KerasSource(BackboneSource):
    """Builds what a spec names behind `keras:`."""

    def problems(self, spec: BackboneSpec, *, root: Path) -> list[Problem]:
        """Return what is wrong with a spec; a file is read, and the model is made and cut."""
        return gather(load_keras) or gather(lambda: self._check(spec, root)) or gather(lambda: _try(spec, root))

    def build(self, spec: BackboneSpec, *, root: Path) -> KerasBackbone:
        """Return the backbone; random weights are drawn from torch's global generator.

        Raises:
            InputError: If it cannot be built.
        """
        load_keras()
        with fixed_chance() if spec.is_pretrained else nullcontext():
            if not is_file(spec):
                return _named(spec, root, device="cpu")
            file = _file(spec, root)
            weights = chosen_weights(spec, (), root=root)
            return _saved(spec, file, weights=file.path if weights == DEFAULT else weights, device="cpu")

    def build_architecture(self, spec: BackboneSpec, *, root: Path) -> KerasBackbone:
        """Return the backbone on the meta device; weights are not looked for.

        Raises:
            InputError: If it cannot be built.
        """
        load_keras()
        without = spec.model_copy(update={"weights": NONE})
        with fixed_chance():
            if is_file(spec):
                return _saved(spec, _file(spec, root), weights=NONE, device="meta")
            return _named(without, root, device="meta")

    def _check(self, spec: BackboneSpec, root: Path) -> None:
        problems = gather(lambda: chosen_weights(spec, () if is_file(spec) else (IMAGENET,), root=root))
        problems += gather(lambda: _check_options(spec))
        problems += gather(lambda: _file(spec, root) if is_file(spec) else check_name(_behind(spec)))
        if problems:
            raise InputError(problems)


def is_file(spec: BackboneSpec) -> bool:
    """Whether a spec names a file rather than an architecture of `keras.applications`."""
    name = _behind(spec)
    return "/" in name or "\\" in name or bool(Path(name).suffix)


def _behind(spec: BackboneSpec) -> str:
    return spec.source.removeprefix(PREFIX)


def _file(spec: BackboneSpec, root: Path) -> KerasFile:
    path = Path(_behind(spec))
    if path.suffix not in (SUFFIX, ".json"):
        message = f"{spec.source}: must be a {SUFFIX} file, as Keras 3 saves a model, or a name of keras.applications"
        raise InputError(Problem(message=message, location=("source",)))
    return read_file(root / path)


def _saved(spec: BackboneSpec, file: KerasFile, *, weights: Path | str, device: str) -> KerasBackbone:
    _check_options(spec)
    if isinstance(weights, Path):
        _check_size(spec, file, weights)
    model = file.model(device)
    if isinstance(weights, Path):
        load_weights(model, weights)
    return backbone_of(
        model, pixels=spec.options.get(OPTION, file.pixels), image_size=spec.image_size, of=str(file.path)
    )


def _check_size(spec: BackboneSpec, file: KerasFile, weights: Path) -> None:
    """Refuse a config of more parameters than its weights have bytes, before there is memory for them."""
    num_parameters, num_bytes = file.model("meta").count_params(), weights.stat().st_size
    if num_parameters > num_bytes:
        message = f"{spec.source} describes {num_parameters} parameters, but {weights} has {num_bytes} bytes"
        raise InputError(Problem(message=message, location=("weights",)))


def _named(spec: BackboneSpec, root: Path, *, device: str) -> KerasBackbone:
    name = _behind(spec)
    check_name(name)
    _check_options(spec)
    weights: Path | str | None = chosen_weights(spec, (IMAGENET,), root=root)
    weights = {NONE: None, DEFAULT: IMAGENET}.get(str(weights), weights)
    size = spec.image_size or own_image_size(name)
    model = application(name, size, weights=weights, device=device)
    return backbone_of(model, pixels=way(name), image_size=size, of=spec.source)


def _check_options(spec: BackboneSpec) -> None:
    allowed = {OPTION} if is_file(spec) else set()
    problems = [
        Problem(message=f"{spec.source} takes {', '.join(allowed) or 'no'} options", location=("options", name))
        for name in spec.options
        if name not in allowed
    ]
    chosen = spec.options.get(OPTION, WITHIN)
    if not problems and chosen not in WAYS:
        message = unknown_name(str(chosen), WAYS, what=OPTION)
        problems.append(Problem(message=message, location=("options", OPTION)))
    if problems:
        raise InputError(problems)


def _try(spec: BackboneSpec, root: Path) -> None:
    """Build what can be built without a download."""
    downloads = not is_file(spec) and spec.weights in (DEFAULT, IMAGENET)
    build = KerasSource().build_architecture if downloads else KerasSource().build
    build(spec, root=root)
