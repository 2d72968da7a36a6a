"""Features of every backbone on every task, none of its stages trained: what scores of transferability are taken of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch

from study.adapters.progress import counted
from study.orchestration.facts import split_seed
from study.orchestration.places import cache_dir_of
from study.parts.backbones import count_stages
from study.trial.frozen_features import FrozenFeatures, frozen_features
from study.trial.materials import Materials
from study.values.arm import Arm, build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.plan import Purpose, TrialPlan
from study.values.protocols import Protocol
from study.values.seeds import derive_seed
from study.values.spec import StudySpec


def probe_features(
    spec: StudySpec, *, root: Path, phase: str, quiet: bool
) -> Iterator[tuple[str, str, FrozenFeatures]]:
    """Yield the name of each backbone, that of each task, and the features, in the spec's order, showing how far it is.

    They are pooled, of the training split only, with all stages frozen: what a linear probe is trained on. They are
    kept in the cache that the study itself uses, as far as it has room. Runs in this process, on its GPU where trials
    are given one and there is one.

    Args:
        spec: The study's, checked.
        root: Folder that relative paths and own modules are looked for in.
        phase: What they are wanted for, such as `rank`.
        quiet: Show no progress.

    Raises:
        InputError: If data or weights are bad.
    """
    materials = Materials()
    num_gpus = spec.resources.gpus_per_trial if torch.cuda.is_available() else 0
    plans = probe_plans(spec, root=root, num_gpus=num_gpus)
    for plan in counted(plans, phase=phase, name=_name, quiet=quiet):
        yield plan.arm.backbone.name, plan.arm.task_names[0], frozen_features(plan, materials)


def probe_plans(spec: StudySpec, *, root: Path, num_gpus: float) -> list[TrialPlan]:
    """Return the plan of a linear probe of each backbone on each task, of which only the features are wanted.

    Args:
        spec: The study's, checked.
        root: Folder that relative paths and own modules are looked for in.
        num_gpus: What each is given; 0 for the CPU.
    """
    arms = build_arms(spec.model_copy(update={"protocols": (Protocol.LINEAR_PROBE,)}))
    return [_plan(arm, spec, root.resolve(), num_gpus) for arm in arms]


def _name(plan: TrialPlan) -> str:
    return f"{plan.arm.backbone.name} on {plan.arm.task_names[0]}"


def _plan(arm: Arm, spec: StudySpec, root: Path, num_gpus: float) -> TrialPlan:
    resources = spec.resources
    return TrialPlan(
        purpose=Purpose.SEARCH,
        number=0,
        arm=arm,
        arm_number=0,
        hyperparameters=Hyperparameters(
            freezing_depth=count_stages(arm.backbone, root=root), head_learning_rate=1e-3, batch_size=1
        ),
        # Of the backbone, not the arm: random weights are the same on every task, and so are their features.
        seed=derive_seed(spec.seed, arm.backbone.name, "ranking"),
        split_seed=split_seed(spec.seed),
        outer=spec.search.outer,
        epochs=1,
        num_threads=resources.threads_per_worker,
        num_gpus=num_gpus,
        root=str(root),
        cache_dir=str(cache_dir_of(spec, root=root)),
        cache_gib=resources.cache_gib,
        feature_cache_gib=resources.feature_cache_gib,
    )
