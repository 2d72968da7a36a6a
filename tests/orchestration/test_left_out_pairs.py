"""Whether there is anything to find out by leaving a task out."""

import builders
import pytest

from study.orchestration.left_out import left_out_pairs
from study.values.hyperparameters import Hyperparameters
from study.values.protocols import Protocol
from study.values.states import TrialState

WIDTH, RANK = {"adapter_width": 4}, {"lora_rank": 2}


def why_not(values, notes):
    hyperparameters = Hyperparameters(
        freezing_depth=2, head_learning_rate=1e-3, backbone_learning_rate=1e-4, batch_size=32, **values
    )
    common = {"epochs": 3, "state": TrialState.COMPLETE}
    arm = builders.arm(Protocol.SHARED_REPRESENTATION)
    shared = builders.record(0, **common, arm=arm, hyperparameters=hyperparameters)
    behind = tuple(epoch.model_copy(update={"notes": {**epoch.notes, **notes}}) for epoch in shared.epochs)
    [pair, *_] = left_out_pairs([shared.model_copy(update={"epochs": behind}), builders.record(1, **common)])
    return pair.why_not


@pytest.mark.parametrize(
    ("values", "notes"),
    [
        (WIDTH, {"adapters": "no blocks of layers in the unfrozen stages: nothing of them is trained"}),
        (RANK, {"low_rank": "no nn.Linear in the unfrozen stages: nothing of them is trained"}),
    ],
)
def test_where_the_unfrozen_stages_had_nothing_to_learn_by_there_is_not(values, notes):
    assert why_not(values, notes) == (
        "the unfrozen stages of the selected shared configuration have nothing that its method learns by, so the "
        "backbone stays as it was"
    )


@pytest.mark.parametrize(
    ("values", "notes"),
    [
        ({}, {}),
        (WIDTH, {"adapters": "of width 4 behind 2 blocks"}),
        (RANK, {"low_rank": "changes of rank 2 of 3 weights"}),
    ],
)
def test_where_they_learnt_there_is(values, notes):
    assert why_not(values, notes) is None
