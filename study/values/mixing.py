"""What can be mixed of training examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

from study.values.input_kind import InputKind

if TYPE_CHECKING:
    from study.values.hyperparameters import Hyperparameters


def mixing_problems(values: Hyperparameters, num_stages: int, inputs: InputKind) -> list[str]:
    """Return why examples cannot be mixed as a configuration says, a sentence each."""
    found = []
    if values.mixup_alpha is not None and inputs is InputKind.TEXT and values.freezing_depth < num_stages:
        found.append(
            f"mixup_alpha = {values.mixup_alpha}, but freezing_depth = {values.freezing_depth} leaves stages to train, "
            f"which read texts word by word; set freezing_depth = {num_stages}, whose features can be mixed"
        )
    if values.cutmix_alpha is not None and inputs is not InputKind.IMAGE:
        found.append(f"cutmix_alpha = {values.cutmix_alpha} takes patches of images, but inputs are {inputs.value}")
    elif values.cutmix_alpha is not None and values.freezing_depth > 0:
        found.append(
            f"cutmix_alpha = {values.cutmix_alpha} takes patches of what stages are trained on, but freezing_depth = "
            f"{values.freezing_depth} leaves no images to them; set freezing_depth = 0"
        )
    return found
