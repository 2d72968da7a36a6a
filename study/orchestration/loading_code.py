"""The lines of Python with which an exported model is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from study.orchestration.exported import CONFIG, ExportConfig
from study.parts.backbones import is_own


def loading_code(folder: Path) -> Sequence[str]:
    """Return lines that load the model in a folder wherever they are pasted, on the machine that exported it.

    A backbone that a function makes is given by that function, from where the study had it: loading runs none that a
    file names.

    Args:
        folder: The model's, as it was exported.
    """
    config = ExportConfig.model_validate_json((folder / CONFIG).read_text())
    if not is_own(config.backbone):
        return ["import study", f"model = study.load_model({str(folder)!r})"]
    module, _, function = config.backbone.source.rpartition(":")
    found = (
        ["import runpy", f"{function} = runpy.run_path({str(Path(config.root, module))!r})[{function!r}]"]
        if module.endswith(".py")
        # Behind everything installed, as the study has it.
        else ["import sys", f"sys.path.append({config.root!r})", f"from {module} import {function}"]
    )
    return ["import study", *found, f"model = study.load_model({str(folder)!r}, backbone={function})"]
