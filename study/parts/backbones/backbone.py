"""A backbone: a model cut into an ordered list of stages, input first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from torch import Tensor, nn

from study.parts.preparation import Preparation

if TYPE_CHECKING:
    from typing_extensions import Self


class Backbone(nn.Module):
    """A model without its classifier, as a list of stages that compose to its features.

    Freezing depth k freezes stages 0..k-1, so a stage is the unit of freezing. The last stage ends in pooling:
    its output has shape (N, feature_width).
    """

    def __init__(
        self,
        stages: Sequence[nn.Module],
        *,
        feature_width: int,
        preprocessing: Preparation,
        stage_names: Sequence[str] | None = None,
        poolings: Mapping[str, slice] | None = None,
    ) -> None:
        """Cut a model.

        Args:
            stages: At least one; the first takes prepared inputs, such as normalised images (N, 3, H, W), each
                next one takes the output of the one before, the last returns (N, feature_width).
            feature_width: Width of the features.
            preprocessing: What the weights expect of their input.
            stage_names: A name a stage; their positions where not given.
            poolings: Where the features hold several poolings side by side, the part of their width that each is;
                heads then read the one that a configuration chooses, or all of them where it chooses none.

        Raises:
            ValueError: If there is no stage, or names and stages differ in number.
        """
        super().__init__()
        if not stages:
            raise ValueError("a backbone needs at least one stage; got none")
        self.stages = nn.ModuleList(stages)
        self.freezing_depth = 0
        """k: stages 0..k-1 take no gradient and stay in eval mode; `freeze` sets it."""
        self.feature_width = feature_width
        self.preprocessing = preprocessing
        self.poolings = dict(poolings or {})
        """By name, the part of the features' width that a pooling is; none where there is only one."""
        self.stage_names = tuple(stage_names or (str(i) for i in range(len(stages))))
        if len(self.stage_names) != len(stages):
            raise ValueError(f"{len(self.stage_names)} stage names for {len(stages)} stages; give one a stage")

    def width_of(self, pooling: str | None) -> int:
        """Return the width of what a pooling gives of the features; of all of them where none is chosen."""
        return self.feature_width if pooling is None else len(range(self.feature_width)[self.poolings[pooling]])

    @property
    def num_stages(self) -> int:
        """S: the largest freezing depth."""
        return len(self.stages)

    def train(self, mode: bool = True) -> Self:
        """Set training or eval mode, but leave frozen stages in eval mode, whoever asks (a parent model included)."""
        super().train(mode)
        for stage in self.stages[: self.freezing_depth]:
            stage.train(False)
        return self

    def forward(self, inputs: Tensor) -> Tensor:
        """Return features (N, feature_width) of prepared inputs, such as normalised images (N, 3, H, W)."""
        return self.run(inputs, 0, self.num_stages)

    def run(self, inputs: Tensor, start: int, stop: int) -> Tensor:
        """Return the output of stages start..stop-1 on what stage `start` takes."""
        for stage in self.stages[start:stop]:
            inputs = stage(inputs)
        return inputs
