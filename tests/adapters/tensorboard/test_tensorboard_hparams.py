import math
from enum import Enum

import builders
import numpy as np
import pytest

from study.adapters.tensorboard.hparams import flatten, plan_hparams
from study.values.hyperparameters import Hyperparameters
from study.values.protocols import Protocol


class Colour(str, Enum):
    RED = "red"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (3, 3.0),
        (True, True),
        ("adam", "adam"),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7.0),
        (np.bool_(False), False),
        (np.str_("sgd"), "sgd"),
        (Colour.RED, "red"),
        ((3, 5), "(3, 5)"),
        ([1, "a"], "[1, 'a']"),
        ((np.float64(0.1), Colour.RED), "(0.1, 'red')"),
        (np.array([1, 2]), "[1, 2]"),
    ],
)
def test_every_kind_of_value_is_held(value, shown):
    held = flatten({"x": value})["x"]
    assert held == shown
    assert type(held) is type(shown)


def test_what_plays_no_part_or_cannot_be_shown_is_left_out():
    assert flatten({"a": None, "b": math.nan, "c": np.inf, "d": {}, "e": 1}) == {"e": 1.0}


def test_nested_values_get_dotted_names():
    assert flatten({"task_weights": {"defect": 0.25, "type": {"deep": None, "er": "x"}}}) == {
        "task_weights.defect": 0.25,
        "task_weights.type.er": "x",
    }


def test_a_plan_gives_its_facts_under_names_no_hyperparameter_can_have():
    values = Hyperparameters(
        freezing_depth=9, head_learning_rate=0.1, batch_size=4, task_weights={"defect": 1.5, "type": 0.5}
    )
    hparams = plan_hparams(
        builders.plan(arm=builders.arm(Protocol.SHARED_REPRESENTATION), hyperparameters=values, seed=11)
    )
    assert hparams["arm/name"] == "shared_representation/lite0/defect+type"
    assert hparams["arm/protocol"] == "shared_representation"
    assert hparams["trial/purpose"] == "search"
    assert hparams["trial/seed"] == 11
    assert hparams["task_weights.defect"] == 1.5
    assert hparams["optimizer"] == "adamw"
    assert "backbone_learning_rate" not in hparams
    not_set = {name for name in Hyperparameters.model_fields if getattr(values, name) is None}
    assert set(Hyperparameters.model_fields) - set(hparams) == {*not_set, "task_weights"}
