"""Agreement: whether scores order backbones as tuning did, on results that were selected on validation."""

import math

import pandas as pd
import pytest
from builders import spec

from study.learning.transferability import SCORES
from study.orchestration.agreement import agreement, check_comparable
from study.values.problems import InputError

NAMES = ["a", "b", "c", "d"]


def ranking(logme, task="x"):
    others = dict.fromkeys([name for name in SCORES if name != "logme"], 0.5)
    return pd.DataFrame(
        [{"backbone": n, "task": task, "logme": v, **others} for n, v in zip(NAMES, logme, strict=True)]
    )


def row(backbone, validation, test, *, protocol="fine_tuning", metric="accuracy", task="x"):
    names = {"backbone": backbone, "task": task, "protocol": protocol, "metric": metric}
    return {**names, "validation": validation, "test": test}


def logme(scores, rows):
    table = agreement(ranking(scores), pd.DataFrame(rows))
    assert table["score"].tolist() == list(SCORES)
    return table.set_index("score").loc["logme"]


def test_tau_counts_the_pairs_in_the_same_order_less_those_in_the_other():
    found = logme([1, 2, 3, 4], [row(n, v, v) for n, v in zip(NAMES, [0.1, 0.3, 0.2, 0.4], strict=True)])
    assert found["tau"] == pytest.approx((5 - 1) / 6)
    assert (found["backbones"], found["compared_with"]) == (4, "test")
    assert found["verdict"].startswith("logme agrees in direction with the tuned result on test (tau +0.67 over 4")


@pytest.mark.parametrize(
    ("results", "tau", "verdict"),
    [
        ([0.4, 0.3, 0.2, 0.1], -1.0, "logme does not agree: it points the other way"),
        ([0.2, 0.3, 0.3, 0.2], 0.0, "logme does not agree: it says nothing"),
        ([0.3, 0.3, 0.3, 0.3], math.nan, "logme cannot be compared: all 4 backbones have the same"),
    ],
)
def test_what_does_not_agree_is_called_so(results, tau, verdict):
    found = logme([1, 2, 3, 4], [row(n, v, v) for n, v in zip(NAMES, results, strict=True)])
    assert found["tau"] == pytest.approx(tau, nan_ok=True)
    assert found["verdict"].startswith(verdict)


def test_of_a_metric_whose_lower_values_are_better_the_order_is_turned_round():
    found = logme([1, 2, 3, 4], [row(n, v, v, metric="nll") for n, v in zip(NAMES, [0.9, 0.5, 0.3, 0.2], strict=True)])
    assert found["tau"] == pytest.approx(1)


def test_the_best_arm_of_a_backbone_is_chosen_on_validation_and_not_on_test():
    rows = [
        row("a", 0.9, 0.2),
        row("a", 0.5, 0.8, protocol="linear_probe"),
        row("b", 0.6, 0.5),
        row("b", 0.7, 0.4, protocol="shared_representation"),
    ]
    assert logme([1, 2, 3, 4], rows)["tau"] == pytest.approx(1), "a: 0.2, b: 0.4"


def test_test_and_validation_are_not_mixed():
    rows = [row("a", 0.5, 0.9), row("b", 0.6, 0.8), row("c", 0.7, math.nan)]
    found = logme([1, 2, 3, 4], rows)
    assert (found["tau"], found["backbones"], found["compared_with"]) == (1, 3, "validation")


def test_training_from_scratch_is_no_result_of_the_weights_that_were_scored():
    rows = [row("a", 0.5, 0.5), row("b", 0.6, 0.6), row("a", 0.9, 0.9, protocol="from_scratch")]
    assert logme([1, 2, 3, 4], rows)["tau"] == pytest.approx(1)


@pytest.mark.parametrize("rows", [[row("a", 0.5, 0.5)], [row("a", 0.5, 0.5), row("b", math.nan, math.nan)]])
def test_one_backbone_has_no_order(rows):
    found = logme([1, 2, 3, 4], rows)
    assert math.isnan(found["tau"])
    assert found["verdict"] == "logme cannot be compared: 1 of the backbones ranked has a result"


def test_a_backbone_without_a_score_has_no_part_in_it():
    found = logme([1, 2, 3, math.nan], [row(n, v, v) for n, v in zip(NAMES, [0.1, 0.2, 0.3, 0.0], strict=True)])
    assert (found["tau"], found["backbones"]) == (1, 3)


def test_a_task_without_any_result_has_none_to_compare():
    table = agreement(ranking([1, 2, 3, 4], task="other"), pd.DataFrame([row("a", 0.5, 0.5)]))
    assert table["verdict"].str.endswith("0 of the backbones ranked have a result").all()


def test_a_study_that_calls_other_things_by_the_same_names_is_refused():
    check_comparable(spec(), spec(name="other", seed=5))
    check_comparable(spec(backbones=["lite0", "new"]), spec())
    with pytest.raises(InputError, match="another backbone lite0"):
        check_comparable(spec(), spec(backbones=[{"source": "lite0", "weights": "none", "name": "lite0"}]))
    with pytest.raises(InputError, match="another task defect"):
        check_comparable(
            spec(), spec(tasks=[{"name": "defect", "data": "elpv", "target": "type"}], protocols=["fine_tuning"])
        )
    with pytest.raises(InputError, match="no backbone in common"):
        check_comparable(spec(), spec(backbones=["new"]))
