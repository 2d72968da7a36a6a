"""A model card beside each exported model: what it is, what it was trained on, how good it is and how sure that is."""

from __future__ import annotations

from pathlib import Path

from study.orchestration.exported import CONFIG, WEIGHTS, ExportConfig
from study.orchestration.exported_inputs import PREPROCESSING
from study.parts.backbones import is_own
from study.values.input_kind import InputKind

FILE = "README.md"
_EXAMPLES = {
    InputKind.IMAGE: '"photo.png"',
    InputKind.TEXT: '"a text", ("another", "and its pair")',
    InputKind.TABLE: "row, another_row",
}


def model_card(config: ExportConfig, *, seeds: int, inputs: InputKind) -> str:
    """Return a model's card as Markdown (Mitchell et al., 2019, Model Cards for Model Reporting).

    Args:
        config: The model's.
        seeds: Assessments that the study made of its arm; this is one of them.
        inputs: What it predicts of.
    """
    module, _, function = config.backbone.source.rpartition(":")
    own = is_own(config.backbone)
    given = f", backbone={function}" if own else ""
    imported = [f"from {Path(module).stem if module.endswith('.py') else module} import {function}"] if own else []
    return "\n".join(
        [
            f"# {config.arm}",
            "",
            f"A {config.backbone.source} backbone (weights: {config.backbone.weights}), adapted by study "
            f"`{config.study}`: trial {config.trial}, retrained with {seeds} seeds, of which number "
            f"{config.seed_number} was best on validation.",
            "",
            "## Use",
            "",
            "```python",
            "import study",
            *imported,
            "",
            f'model = study.load_model("this folder"{given})',
            f"model.predict([{_EXAMPLES[inputs]}])",
            "```",
            "",
            f"`{WEIGHTS}` holds the weights, `{CONFIG}` the classes, `{PREPROCESSING}` what is done to an input.",
            "",
            "## Predicts",
            "",
            *(f"- {task.name}: {task.described}" for task in config.tasks),
            "",
            "## How good it is",
            "",
            "Of this one model; the study's report has the mean over seeds and its interval. The configuration was "
            "selected on validation, so test is the fairer column.",
            "",
            *_scores(config),
            "",
            *_costs(config),
            "## Data",
            "",
            *([f"- {task}: {terms}" for task, terms in config.licences.items()] or ["Terms are not known."]),
            "",
            "It was measured on data like that which it was trained on; elsewhere it may do worse.",
            "",
        ]
    )


def _scores(config: ExportConfig) -> list[str]:
    lines = ["| task | metric | validation | test |", "| --- | --- | --- | --- |"]
    for name, value in config.test.items():
        _, task, metric = name.split("/")
        validation = config.validation.get(f"validation/{task}/{metric}")
        shown = "" if validation is None else f"{validation:.4g}"
        lines.append(f"| {task} | {metric} | {shown} | {value:.4g} |")
    return lines


def _costs(config: ExportConfig) -> list[str]:
    if not config.costs:
        return []
    lines = ["## What it costs", "", *(f"- {name}: {value:.6g}" for name, value in config.costs.items()), ""]
    return [*lines, "Parameters and FLOPs are exact; times and memory are of the machine that trained it.", ""]
