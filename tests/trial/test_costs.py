"""What a model costs: exact where it can be, measured where it is asked for."""

from pathlib import Path

import pytest
from builders import plan

from study.trial.pack import TrialPack
from study.trial.trial import Trial, run_trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.metric_names import Cost
from study.values.spec import StudySpec

OWN = Path(__file__).parents[1] / "own"
TASK = {"name": "digit", "data": "parts.py:two_labels", "target": "digit"}


def own_plan(tmp_path, *, depth=1, measured=(), **values):
    spec = StudySpec.model_validate({"name": "t", "backbones": ["parts.py:small_net"], "tasks": [TASK]})
    rates = {"head_learning_rate": 0.01, "backbone_learning_rate": 0.003, "batch_size": 32}
    hyperparameters = Hyperparameters.model_validate({**rates, "freezing_depth": depth, **values})
    where = {"root": str(OWN), "cache_dir": str(tmp_path / "cache")}
    return plan(0, arm=build_arms(spec)[0], epochs=2, hyperparameters=hyperparameters, measured=measured, **where)


def costs_of(planned):
    return [epoch.costs for epoch in run_trial(planned)]


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_parameters_are_those_of_backbone_and_head(tmp_path, depth):
    trial = Trial(own_plan(tmp_path, depth=depth, head_depth=1, head_width=7))
    stages = [sum(p.numel() for p in stage.parameters()) for stage in trial.model.backbone.stages]
    width, classes = trial.model.backbone.feature_width, trial.tasks[0].output_width
    head = width * 7 + 7 + 7 * classes + classes
    first, second = [epoch.costs for epoch in trial.epochs()]
    assert first == second == {"parameters": sum(stages) + head, "trained_parameters": sum(stages[depth:]) + head}


def test_flops_are_two_a_multiplication_whatever_is_cached(tmp_path):
    flops = {}
    for width in (16, 17):
        for depth in (0, 3):
            planned = own_plan(tmp_path, depth=depth, measured=(Cost.FLOPS,), head_depth=1, head_width=width)
            flops[width, depth] = costs_of(planned)[-1]["flops"]
            trial = Trial(planned)
            features, classes = trial.model.backbone.feature_width, trial.tasks[0].output_width
    assert flops[16, 0] == flops[16, 3] > 0
    assert flops[17, 0] - flops[16, 0] == 2 * (features + classes), "one more hidden unit"


def test_what_takes_time_to_measure_is_measured_where_it_is_asked_for(tmp_path):
    noisy = {"latency_ms", "latency_iqr_ms", "peak_memory_mib"}
    assert not noisy & costs_of(own_plan(tmp_path))[-1].keys()
    first, last = costs_of(own_plan(tmp_path, measured=(Cost.LATENCY_MS, Cost.PEAK_MEMORY_MIB)))
    assert last.keys() >= noisy
    assert last["latency_ms"] > 0
    assert last["latency_iqr_ms"] >= 0
    assert first["latency_ms"] == last["latency_ms"], "it is measured once"
    assert last["peak_memory_mib"] >= first["peak_memory_mib"] > 50, "torch alone takes more"


def test_measuring_changes_nothing_of_what_is_trained(tmp_path):
    measured = own_plan(tmp_path, measured=tuple(Cost), dropout=0.2)
    plain = own_plan(tmp_path, dropout=0.2)
    assert [e.metrics for e in run_trial(measured)] == [e.metrics for e in run_trial(plain)]


def test_trials_of_a_pack_are_measured_as_alone(tmp_path):
    plans = [own_plan(tmp_path, depth=3, measured=(Cost.FLOPS,), head_depth=1, head_width=width) for width in (8, 24)]
    packed = list(TrialPack(plans).epochs())
    for number, one in enumerate(plans):
        assert [outcomes[number].costs for outcomes in packed] == costs_of(one)
