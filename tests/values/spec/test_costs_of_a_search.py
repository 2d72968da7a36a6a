"""Costs as objectives and constraints: refused where they cannot work, and part of the question where they are used."""

from typing import Any

import pytest

from study.values.metric_names import Cost
from study.values.problems import InputError
from study.values.spec import StudySpec
from study.values.spec.reading import parse_spec

_SPEC = "name: n\nbackbones: [resnet18]\ntasks: [{name: digit, data: digits}]\nsearch:\n"


def _spec(**search: Any) -> StudySpec:
    tasks = [{"name": "digit", "data": "digits"}]
    return StudySpec.model_validate({"name": "n", "backbones": ["resnet18"], "tasks": tasks, "search": search})


@pytest.mark.parametrize(
    ("search", "said"),
    [
        ("objectives: [latency]", "search.objectives[0]: unknown objectives 'latency' (did you mean latency_ms?)"),
        ("objectives: [flops]", "search: objectives = flops needs scheduler.kind = none, not asha"),
        ("objectives: [flops, flops]", "flops, flops: each cost must be given once"),
        (
            "constraints: {params: 3}",
            "search.constraints.params: unknown key of constraints 'params' (did you mean par",
        ),
        ("constraints: {parameters: {max: -1}}", "search.constraints.parameters.max: -1: must be above 0"),
        ("constraints: {parameters: {most: 5}}", "unknown key 'most'"),
        ("constraints: {parameters: .inf}", "search.constraints.parameters"),
        ("{sampler: cmaes, constraints: {parameters: 5}}", "sampler cmaes goes by the metric alone; constraints needs"),
    ],
)
def test_what_cannot_work_is_refused_by_name(search: str, said: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_spec(f"{_SPEC}  {search}")
    assert said in str(refused.value)


def test_a_limit_may_be_written_as_a_number() -> None:
    short, whole = (_spec(constraints={"parameters": limit}) for limit in (5e6, {"max": 5e6}))
    assert short == whole
    assert short.search.limits == {Cost.PARAMETERS: 5e6}


def test_objectives_come_first_of_what_is_measured_and_each_cost_once() -> None:
    search = {"objectives": ["flops"], "constraints": {"latency_ms": 3, "flops": 1e9}, "scheduler": {"kind": "none"}}
    assert _spec(**search).search.measured == (Cost.FLOPS, Cost.LATENCY_MS)


def test_they_are_part_of_what_a_study_asks() -> None:
    plain = _spec(scheduler={"kind": "none"})
    for search in ({"objectives": ["flops"]}, {"constraints": {"flops": 1e9}}):
        assert _spec(scheduler={"kind": "none"}, **search).identity != plain.identity
