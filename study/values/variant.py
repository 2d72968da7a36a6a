"""How an assessment departs from training its arm's selected configuration as the search did."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from study.values.frozen import Frozen


class FewShot(Frozen):
    """Trained on a few examples of each class."""

    kind: Literal["few_shot"] = "few_shot"
    examples_per_class: int = Field(ge=1)
    """k: of each class as many training examples, or all of a class that has fewer."""

    @property
    def label(self) -> str:
        """What it is called in the names of folders."""
        return f"{self.examples_per_class}-shot"
