"""Everything that can be wrong with a spec, found before anything starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from study.adapters.optuna_search import sampler_problems, space_problems
from study.orchestration.facts import arm_facts, split_seed
from study.orchestration.warm_start import warm_start_problems
from study.parts.backbones import backbone_problems
from study.parts.tasks import task_problems
from study.values.arm import ArmFacts, build_arms
from study.values.hyperparameters import Augmentation
from study.values.input_kind import InputKind
from study.values.problems import InputError, Problem
from study.values.spec import BackboneSpec, StudySpec, TaskSpec
from study.values.spec.reading import SpecReading, read
from study.values.target_kind import TargetKind


def spec_problems(reading: SpecReading, *, root: Path, has_begun: bool = False) -> list[Problem]:
    """Return every problem of a spec that was read, each with its file and line.

    Args:
        reading: A spec's text as far as it could be understood; entries that are whole are checked even where
            others are not.
        root: Folder that relative paths and own modules are looked for in.
        has_begun: Whether the study is there already; it has then what it took from earlier ones.
    """
    problems = list(reading.problems)
    seed = split_seed(reading.spec.seed if reading.spec else 0)
    outer = reading.spec.search.outer if reading.spec else 0.0
    found = _part_problems(reading.backbones, reading.tasks, seed=seed, root=root, outer=outer)
    if reading.spec is not None and not found:
        found = _arm_problems(reading.spec, root, has_begun)
    return problems + [reading.source.locate(problem) for problem in found]


def checked_spec(path: Path, *, root: Path, has_begun: bool = False) -> StudySpec:
    """Return the spec in a file, checked whole, as `spec_problems` does.

    Raises:
        InputError: With every problem, each with file, line and key.
    """
    reading = read(path)
    problems = spec_problems(reading, root=root, has_begun=has_begun)
    if problems:
        raise InputError(problems)
    assert reading.spec is not None, "a spec without problems is whole"
    return reading.spec


def check_spec(spec: StudySpec, *, root: Path, has_begun: bool = False) -> None:
    """Refuse a spec that cannot be run; what is looked at is what `spec_problems` looks at.

    Raises:
        InputError: With every problem found.
    """
    seed = split_seed(spec.seed)
    backbones, tasks = dict(enumerate(spec.backbones)), dict(enumerate(spec.tasks))
    problems = _part_problems(backbones, tasks, seed=seed, root=root, outer=spec.search.outer)
    problems = problems or _arm_problems(spec, root, has_begun)
    if problems:
        raise InputError(problems)


def _part_problems(
    backbones: Mapping[int, BackboneSpec], tasks: Mapping[int, TaskSpec], *, seed: int, root: Path, outer: float
) -> list[Problem]:
    found = [
        problem.under("backbones", position)
        for position, backbone in backbones.items()
        for problem in backbone_problems(backbone, root=root)
    ]
    positions = list(tasks)
    for problem in task_problems(list(tasks.values()), seed=seed, root=root, outer=outer):
        _, position, *rest = problem.location
        assert isinstance(position, int), "task problems are located below tasks"
        found.append(Problem(message=problem.message).under("tasks", positions[position], *rest))
    return found


def _arm_problems(spec: StudySpec, root: Path, has_begun: bool) -> list[Problem]:
    """Look at what only arms as wholes can show: the labels of their splits, and the configurations of their spaces."""
    try:
        facts = [arm_facts(arm, spec, root=root) for arm in build_arms(spec)]
    except InputError as error:
        return list(error.problems)
    return [
        *_image_problems(spec, facts),
        *sampler_problems(spec.search),
        *space_problems(spec.search, facts, root=root, seed=spec.seed),
        *([] if has_begun else [*_loss_problems(spec), *warm_start_problems(spec, root=root)]),
    ]


def _loss_problems(spec: StudySpec) -> list[Problem]:
    """Refuse to compare configurations by what each makes of its own loss."""
    return [
        Problem(
            message="losses cannot be compared, since each configuration's own label smoothing and class weights are "
            f"in its loss; use {'mse' if task.kind is TargetKind.REGRESSION else 'nll'}",
            location=("tasks", number, "metric"),
        )
        for number, task in enumerate(spec.tasks)
        if task.metric == "loss"
    ]


def _image_problems(spec: StudySpec, facts: Sequence[ArmFacts]) -> list[Problem]:
    """Refuse what is done to images alone where no arm takes any."""
    if any(arm.inputs is InputKind.IMAGE for arm in facts):
        return []
    others = " and ".join(sorted({arm.inputs.value for arm in facts}))
    asked = {
        ("augmentation", "kinds"): any(kind is not Augmentation.NONE for kind in spec.augmentation.kinds),
        ("augmentation", "cached_views"): spec.augmentation.cached_views is not None,
        ("assessment", "robustness"): spec.assessment.robustness,
    }
    return [
        Problem(message=f"is for images, but all arms take {others}; leave it out", location=location)
        for location, is_asked in asked.items()
        if is_asked
    ]
