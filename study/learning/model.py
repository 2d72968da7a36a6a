"""A backbone with a head a task, cut at its freezing depth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from study.parts.backbones import Backbone, freeze
from study.parts.backbones.adapters import add_adapters
from study.parts.backbones.low_rank import add_low_rank, merge_low_rank
from study.parts.heads import build_head
from study.parts.tasks.task import Task
from study.values.fine_tuning_methods import LoraLayers
from study.values.hyperparameters import Hyperparameters
from study.values.precision import Precision

if TYPE_CHECKING:
    from typing_extensions import Self


class AdaptedModel(nn.Module):
    """f(x; theta, phi_t): one backbone theta, a head phi_t for each task t."""

    def __init__(
        self,
        backbone: Backbone,
        heads: Sequence[nn.Module],
        freezing_depth: int,
        precision: Precision = Precision.FLOAT32,
        pooling: str | None = None,
    ) -> None:
        super().__init__()
        self.pooling = pooling
        """Which of the backbone's poolings the heads read; all of its features where None."""
        self.precision = precision
        """What the stages that are trained, and the heads behind them, compute in."""
        self.backbone = backbone
        self.heads = nn.ModuleList(heads)
        self.freezing_depth = freezing_depth
        self.num_low_rank: int | None = None
        """Weights of the unfrozen stages that learn by low-rank changes, beside all others that stay; None where these
        stages learn otherwise."""
        self.num_adapters: int | None = None
        """Blocks of the unfrozen stages with an adapter that learns, while all weights stay; None where these stages
        learn otherwise."""
        self.first_trained = freezing_depth
        """First stage that is trained now; unfrozen ones before it rest: they are run as frozen ones are."""
        freeze(backbone, freezing_depth)

    @property
    def has_frozen_backbone(self) -> bool:
        """Whether only the heads are trained."""
        return self.freezing_depth == self.backbone.num_stages

    @property
    def learns_beside(self) -> bool:
        """Whether what the unfrozen stages learn stands beside their parameters, which stay as they are."""
        return self.num_low_rank is not None or self.num_adapters is not None

    @property
    def trains_heads_alone(self) -> bool:
        """Whether no stage is trained now."""
        return self.first_trained == self.backbone.num_stages

    def train_from(self, stage: int) -> None:
        """Train the stages from one on, until told otherwise; takes effect in training mode with the next `.train()`.

        Args:
            stage: At least the freezing depth, at most S, which is to train heads alone.
        """
        assert self.freezing_depth <= stage <= self.backbone.num_stages, "frozen stages are never trained"
        self.first_trained = stage

    def resting_parameters(self) -> list[nn.Parameter]:
        """Return what is not trained now of what is at other times; also where a trained stage shares it."""
        resting = self.backbone.stages[self.freezing_depth : self.first_trained]
        return [parameter for stage in resting for parameter in stage.parameters()]

    def train(self, mode: bool = True) -> Self:
        """Set training or eval mode; stages that are not trained now are in eval mode in any case."""
        super().train(mode)
        for stage in self.backbone.stages[: self.first_trained]:
            stage.train(False)
        return self

    def learn_low_rank(self, rank: int, alpha: float, layers: LoraLayers = LoraLayers.LINEAR) -> None:
        """Have the unfrozen stages learn by low-rank changes of such layers alone."""
        self.num_low_rank = add_low_rank(self.backbone, rank, alpha, layers)

    def learn_adapters(self, width: int) -> None:
        """Have the unfrozen stages learn by adapters behind their blocks alone."""
        self.num_adapters = add_adapters(self.backbone, width)

    def merge(self) -> None:
        """Make low-rank changes part of the weights that they are of: the model is then to be used; adapters stay."""
        merge_low_rank(self.backbone)
        self.num_low_rank = None

    def features(self, inputs: Tensor, start: int) -> Tensor:
        """Return what heads read of the features of what stage `start` takes, or of features, where start is S.

        Shape (N, feature_width); where a pooling is chosen, (N, width of that).
        """
        if start < self.first_trained:
            with torch.no_grad():
                inputs = self.backbone.run(inputs, start, self.first_trained)
        features = self.backbone.run(inputs, max(start, self.first_trained), self.backbone.num_stages)
        return features if self.pooling is None else features[:, self.backbone.poolings[self.pooling]]

    def forward(self, inputs: Tensor, start: int = 0, tasks: Iterable[int] | None = None) -> dict[int, Tensor]:
        """Return the logits of each task, by its position.

        Args:
            inputs: What stage `start` takes; normalised images (N, 3, H, W) for 0.
            start: First stage to run.
            tasks: Positions of the tasks wanted; all where not given.
        """
        wanted = range(len(self.heads)) if tasks is None else tasks
        if self.precision is Precision.FLOAT32 or self.has_frozen_backbone:
            features = self.features(inputs, start)
            return {position: self.heads[position](features) for position in wanted}
        # Frozen stages compute in float32, as those do whose outputs are cached.
        cut = max(start, self.freezing_depth)
        inputs = self.backbone.run(inputs, start, cut)
        with torch.autocast(inputs.device.type, dtype=torch.bfloat16):
            features = self.features(inputs, cut)
            return {position: self.heads[position](features).float() for position in wanted}


def trained_parameters(model: AdaptedModel) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """Return what is trained of what all tasks share, and of the heads."""
    backbone = [one for one in model.backbone.parameters() if one.requires_grad]
    return backbone, [one for one in model.heads.parameters() if one.requires_grad]


def adapt(
    backbone: Backbone,
    tasks: Sequence[Task],
    hyperparameters: Hyperparameters,
    precision: Precision = Precision.FLOAT32,
) -> AdaptedModel:
    """Put new heads on a backbone and freeze its first stages. Draws from torch's global generator."""
    heads = [
        build_head(
            feature_width=backbone.width_of(hyperparameters.pooling),
            output_width=task.output_width,
            depth=hyperparameters.head_depth,
            width=hyperparameters.head_width,
            dropout=hyperparameters.dropout,
        )
        for task in tasks
    ]
    model = AdaptedModel(backbone, heads, hyperparameters.freezing_depth, precision, hyperparameters.pooling)
    rank, alpha = hyperparameters.lora_rank, hyperparameters.lora_alpha
    if rank is not None and not model.has_frozen_backbone:
        model.learn_low_rank(rank, rank if alpha is None else alpha, hyperparameters.lora_layers)
    if hyperparameters.adapter_width is not None and not model.has_frozen_backbone:
        model.learn_adapters(hyperparameters.adapter_width)
    return model
