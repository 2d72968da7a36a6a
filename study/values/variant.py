"""How an assessment departs from training its arm's selected configuration as the search did."""

from __future__ import annotations

from typing import Annotated, Literal

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


class LeftOut(Frozen):
    """A shared arm trained on all its tasks but one: what it trains is the backbone that `Transferred` starts from."""

    kind: Literal["left_out"] = "left_out"
    task: str
    """Name of the one."""

    @property
    def label(self) -> str:
        """What it is called in the names of folders."""
        return f"without-{self.task}"


class Transferred(Frozen):
    """Adapted to its task from a backbone that was trained on the other tasks, in place of the original."""

    kind: Literal["transferred"] = "transferred"
    origin: str
    """Folder of the assessment whose backbone it starts from, relative to the study directory."""
    trial: int
    """Number of the shared trial whose configuration that is."""

    @property
    def label(self) -> str:
        """What it is called in the names of folders."""
        return f"from-{self.trial:05d}"


Variant = Annotated[FewShot | LeftOut | Transferred, Field(discriminator="kind")]
"""One of them, told apart by `kind`."""
