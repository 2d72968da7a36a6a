"""Hyperparameters that change how a configuration is trained, each off where it is not given."""

from __future__ import annotations

from enum import Enum

from pydantic import Field

from study.values.frozen import Frozen


class BatchNorm(str, Enum):
    """What batch normalisation of the unfrozen stages normalises by in training."""

    TRAINED = "trained"
    """By the batch, which counts into its statistics."""
    FROZEN_STATISTICS = "frozen_statistics"
    """By the statistics that it came with, which stay; its scale and shift are trained."""


class ClassWeighting(str, Enum):
    """How much an example counts in the loss that is trained on."""

    NONE = "none"
    """All alike."""
    BALANCED = "balanced"
    """By n / (C n_c), so that all classes count alike, and of any number of labels each where it is present by
    n_absent / n_present; metrics go on to count examples alike."""


class LoraLayers(str, Enum):
    """Which layers learn by low-rank changes."""

    LINEAR = "linear"
    """Linear layers, and the projections of attention."""
    LINEAR_AND_CONVOLUTIONS = "linear_and_convolutions"
    """Convolutions without groups too."""


class FineTuningMethods(Frozen):
    """Part of the hyperparameters; with all of them off a trial trains as if there were none.

    What is said of stages is of no effect where all of them are frozen.
    """

    accumulation_steps: int = Field(default=1, ge=1)
    """Parts that a batch is computed in, one after the other, to take less memory. `batch_size` stays what a step is
    taken on: the gradient is the sum of the parts'. Only batch norm and dropout see the parts."""
    gradient_clip: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Largest L2 norm of all gradients together (Pascanu et al., 2013, algorithm 1)."""
    sam_radius: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """rho of sharpness-aware minimization (Foret et al., 2021, algorithm 1); a step costs two."""
    l2_sp: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Weight decay of the stages towards where they start, in place of 0 (Li et al., 2018, equation 3); `weight_decay`
    is then of the heads alone."""
    layer_decay: float | None = Field(default=None, gt=0, le=1)
    """What the learning rate of a stage is multiplied by for every stage behind it (Howard and Ruder, 2018, section
    3.2): the last has `backbone_learning_rate`."""
    batch_norm: BatchNorm = BatchNorm.TRAINED
    """`trained` or `frozen_statistics`, of the unfrozen stages."""
    class_weighting: ClassWeighting = ClassWeighting.NONE
    """`none` or `balanced` (King and Zeng, 2001, weighting): by training examples; of no
    effect on targets that are numbers."""
    ema_decay: float | None = Field(default=None, gt=0, lt=1)
    """Decay a step of the moving average of what is trained (Tarvainen and Valpola, 2017, section 2); the average is
    what is measured, assessed and exported."""
    wise_ft_alpha: float | None = Field(default=None, ge=0, le=1)
    """Where between the backbone as it starts (0) and as it was trained (1) the one is that is measured, assessed and
    exported (Wortsman et al., 2022, equation 1)."""
    lora_rank: int | None = Field(default=None, ge=1, le=1024)
    """r of low-rank adaptation (Hu et al., 2022, equation 3): the weights of the linear layers of the unfrozen stages
    learn a change of that rank, and nothing else of these stages is trained."""
    lora_layers: LoraLayers = LoraLayers.LINEAR
    """Of `lora_rank`: `linear`, or `linear_and_convolutions`, whose kernels are one matrix, a row an output."""
    lora_alpha: float | None = Field(default=None, gt=0, allow_inf_nan=False)
    """Of `lora_rank`: the change is scaled by alpha / r; by 1 where it is not given."""
    adapter_width: int | None = Field(default=None, ge=1, le=8192)
    """m of bottleneck adapters (Bapna and Firat, 2019, figure 1): small layers behind the blocks of the unfrozen stages
    learn, and nothing else of these stages is trained."""
    probe_epochs: int = Field(default=0, ge=0)
    """Epochs at the beginning in which heads alone are trained (Kumar et al., 2022, LP-FT, section 3.4)."""
    unfreeze_every: int | None = Field(default=None, ge=1)
    """Epochs after which one more of the unfrozen stages is trained, the last one first (Howard and Ruder, 2018,
    section 3.3). Before the first of them heads alone are trained, for `probe_epochs` where given or else as long."""
    mixup_alpha: float | None = Field(default=None, gt=0, le=1e6)
    """alpha of mixup (Zhang et al., 2018, section 2), of what the first trained stage reads: inputs, or features where
    stages are frozen. Of texts only where all are."""
    cutmix_alpha: float | None = Field(default=None, gt=0, le=1e6)
    """alpha of CutMix (Yun et al., 2019, equation 1), of images of which nothing is frozen; with `mixup_alpha` too a
    batch takes one of the two, with equal chances."""

    @property
    def methods(self) -> tuple[str, ...]:
        """Names of those that are not off."""
        fields = FineTuningMethods.model_fields
        return tuple(name for name, field in fields.items() if getattr(self, name) != field.default)

    @property
    def keeps_weights(self) -> bool:
        """Whether weights of unfrozen stages stay as they are, and what is learnt stands beside them."""
        return self.lora_rank is not None or self.adapter_width is not None

    def contradictions(self) -> list[str]:
        """Return which methods do not go together, a sentence each."""
        found = []
        if self.lora_alpha is not None and self.lora_rank is None:
            found.append(f"lora_alpha = {self.lora_alpha} scales what lora_rank makes; give lora_rank, or leave it out")
        if self.lora_layers is not LoraLayers.LINEAR and self.lora_rank is None:
            found.append(
                f"lora_layers = {self.lora_layers.value} says where lora_rank is; give lora_rank, or leave it out"
            )
        if self.l2_sp is not None and self.lora_rank is not None:
            found.append(
                f"l2_sp = {self.l2_sp} draws weights to their start, but with lora_rank = {self.lora_rank} they stay "
                "there; leave one of the two out"
            )
        if self.adapter_width is not None:
            found += self._beside_adapters(self.adapter_width)
        return found

    def _beside_adapters(self, width: int) -> list[str]:
        found = []
        if self.lora_rank is not None:
            found.append(
                f"adapter_width = {width} and lora_rank = {self.lora_rank} are two ways for the same stages to learn; "
                "leave one of the two out"
            )
        if self.l2_sp is not None:
            found.append(
                f"l2_sp = {self.l2_sp} draws weights to their start, but with adapter_width = {width} they stay there; "
                "leave one of the two out"
            )
        return found


NO_METHODS = FineTuningMethods()
"""All of them off."""
