"""What a search begins with: the best configurations of earlier studies' arms that are nearest to each of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, zip_longest
from pathlib import Path
from typing import Any

from study.adapters.optuna_search.space import Space
from study.adapters.optuna_search.warm_start import misfit
from study.adapters.record_store import RecordStore
from study.adapters.remote.url import is_url
from study.orchestration.directory import StudyDirectory
from study.orchestration.places import study_directory
from study.orchestration.selected import by_arm
from study.values.arm import Arm, ArmFacts, build_arms
from study.values.flat import flat
from study.values.plan import Purpose, TrialPlan
from study.values.problems import InputError, Problem
from study.values.records import TrialRecord
from study.values.selection import ordered
from study.values.spec import StudySpec
from study.values.warm_start import WarmConfiguration

_OTHER_START = 10
"""By how much an arm is farther off that starts from random weights where this one does not, or the other way round."""


@dataclass(frozen=True, kw_only=True)
class EarlierArm:
    """An arm of an earlier study."""

    place: str
    """The study's directory, as the spec names it."""
    arm: Arm
    trials: Sequence[TrialRecord]
    """Its complete and feasible ones that were trained with one configuration, the best first."""
    num_changed: int = 0
    """How many more there are, trained with others first."""


@dataclass(kw_only=True)
class WarmStart:
    """What every arm begins with, and what is said of it."""

    configurations: dict[str, tuple[WarmConfiguration, ...]] = field(default_factory=dict)
    """By arm id, in the order in which they are tried."""
    notes: list[str] = field(default_factory=list)


def warm_start_problems(spec: StudySpec, *, root: Path) -> list[Problem]:
    """Return which of the earlier studies that a spec names are not there."""
    return [
        Problem(message=f"{place}: there is no study", location=("search", "warm_start", number))
        for number, place in enumerate(spec.search.warm_start)
        if not _opened(place, root).holds_study
    ]


def find_warm_start(spec: StudySpec, arms: Iterable[tuple[Arm, ArmFacts]], *, root: Path) -> WarmStart:
    """Return the configurations that each arm begins with.

    They are the best of the nearest earlier arms of the same protocol, one of each in turn, at most half as many as
    `search.startup_trials`: random trials keep their part. What the arm's space cannot draw is left out; where none of
    the nearest fits, those that are next take their place. Left out is a trial of a population whose configuration
    took over from another. As in Feurer et al. (2015, Initializing Bayesian Hyperparameter Optimization via
    Meta-Learning), with the distance of `distance` in place of one of data sets.

    Args:
        spec: The study's.
        arms: Its arms, with what their spaces are told of them.
        root: Folder that relative paths and own modules are looked for in.

    Raises:
        InputError: If an earlier study is not there or its records are damaged.
    """
    problems = warm_start_problems(spec, root=root)
    if problems:
        raise InputError(problems)
    earlier = [one for place in spec.search.warm_start for one in _arms_of(place, root)]
    found = WarmStart(notes=[_left_out(one) for one in earlier if one.num_changed])
    for arm, facts in arms:
        space = Space.load(spec.search.space_for(arm.protocol), root)
        _add(found, arm, _by_distance(arm, earlier), space, facts, limit=_most(spec))
    return found


def distance(arm: Arm, other: Arm) -> int:
    """Return how far another arm is from one: 0 for the same backbone on the same tasks.

    A backbone of the same family (`resnet18` and `resnet50`) is 1 off, of another 2; other tasks are 1. Weights count
    only by whether they are random.
    """
    ours, theirs = arm.backbone, other.backbone
    names = [one.source.removeprefix("torchvision:") for one in (ours, theirs)]
    apart = 0 if names[0] == names[1] else 1 if _family(names[0]) == _family(names[1]) else 2
    apart += {(task.data, task.targets) for task in arm.tasks} != {(task.data, task.targets) for task in other.tasks}
    return apart + _OTHER_START * (ours.is_pretrained != theirs.is_pretrained)


def _most(spec: StudySpec) -> int:
    return min(spec.search.trials, max(1, spec.search.startup_trials // 2))


def _family(source: str) -> str:
    """Return the letters that a model's name begins with."""
    name = re.match(r"[A-Za-z]*", source.rpartition(":")[2])
    return "" if name is None else name[0].lower()


def _opened(place: str, root: Path) -> StudyDirectory:
    return study_directory(place if is_url(place) else root / place)


def _arms_of(place: str, root: Path) -> list[EarlierArm]:
    directory = _opened(place, root)
    arms = build_arms(directory.spec())
    records = RecordStore(directory.path, location=directory.location).read_all(Purpose.SEARCH)
    trials = by_arm(arms, records, Purpose.SEARCH)
    return [_earlier_arm(place, arm, ordered(trials[arm.id])) for arm in arms]


def _earlier_arm(place: str, arm: Arm, able: Sequence[TrialRecord]) -> EarlierArm:
    alone = [record for record in able if _has_one_configuration(record.plan)]
    return EarlierArm(place=place, arm=arm, trials=alone, num_changed=len(able) - len(alone))


def _has_one_configuration(plan: TrialPlan) -> bool:
    return all(segment.hyperparameters == plan.hyperparameters for segment in plan.lineage)


def _left_out(one: EarlierArm) -> str:
    return (
        f"{one.place}: {one.num_changed} trials of {one.arm.id} are left out: their configurations took over from "
        "others (search.population_based_training), and never led to such a score from the first epoch on"
    )


def _by_distance(arm: Arm, earlier: Sequence[EarlierArm]) -> list[list[EarlierArm]]:
    """Return the earlier arms of the same protocol in groups that are equally far off, the nearest first."""
    alike = [one for one in earlier if one.arm.protocol is arm.protocol and one.trials]
    nearest_first = sorted(alike, key=lambda one: distance(arm, one.arm))
    return [list(group) for _, group in groupby(nearest_first, key=lambda one: distance(arm, one.arm))]


def _add(
    found: WarmStart, arm: Arm, groups: Sequence[Sequence[EarlierArm]], space: Space, facts: ArmFacts, *, limit: int
) -> None:
    taken: list[WarmConfiguration] = []
    for group in groups:
        if taken:
            break
        for one in _in_turn(group, facts):
            if len(taken) == limit:
                break
            if any(one.values == other.values for other in taken):
                continue
            reason = misfit(one.values, space, facts)
            if reason is None:
                taken.append(one)
            else:
                found.notes.append(f"{arm.id} does not begin with {one.source}: {reason}")
    found.configurations[arm.id] = tuple(taken)
    sources = ", ".join(one.source for one in taken) or "no configuration of an earlier study: none fits"
    found.notes.append(f"{arm.id} begins with {sources}")


def _in_turn(group: Sequence[EarlierArm], facts: ArmFacts) -> list[WarmConfiguration]:
    """Return the best of each arm, then the second of each, and so on."""
    rounds = zip_longest(*(one.trials for one in group))
    return [
        WarmConfiguration(values=_values(record, facts), source=f"{one.place} trial {record.plan.number}")
        for turn in rounds
        for one, record in zip(group, turn, strict=True)
        if record is not None
    ]


def _values(record: TrialRecord, facts: ArmFacts) -> dict[str, Any]:
    """Return a trial's hyperparameters; a backbone that was frozen whole stays so, however many stages this one has."""
    values = flat(record.plan.hyperparameters)
    if record.plan.trains_heads_only and facts.max_freezing_depth == facts.num_stages:
        values["freezing_depth"] = facts.num_stages
        values.pop("backbone_learning_rate", None)
    return values
