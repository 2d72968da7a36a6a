"""Plots of the search show every complete trial, on the scale that was searched, with words for what is no number."""

import math

import numpy as np
import pandas as pd
import pytest
from concluded import concluded

from study.faces.report.scales import Scale, scale_of
from study.faces.report.search_figures import freezing, parallel, slices

SPACE = pd.DataFrame(columns=["arm", "hyperparameter", "kind", "log", "low", "high", "choices"])


def told(kind, log=False):
    return pd.DataFrame([{"arm": "a", "hyperparameter": "h", "kind": kind, "log": log}])


@pytest.mark.parametrize(
    ("values", "space", "scale"),
    [
        ([1e-4, 2e-4], told("float", log=True), Scale(log=True)),
        ([1e-4, 1e-1], told("float"), Scale()),
        ([1e-4, 1e-1], SPACE, Scale(log=True)),
        ([0.1, 0.5], SPACE, Scale()),
        ([0.0, 0.5], told("float", log=True), Scale()),
        ([64, 16, 32], told("categorical"), Scale(categories=("16", "32", "64"))),
        (["sgd", None, "adamw"], SPACE, Scale(categories=("adamw", "sgd"))),
        ([True, False], SPACE, Scale(categories=("False", "True"))),
        ([math.nan, math.nan], SPACE, Scale()),
    ],
)
def test_the_scale_is_the_spaces_or_where_it_does_not_say_the_values(values, space, scale):
    assert scale_of(pd.Series(values), space) == scale


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return concluded(tmp_path_factory.mktemp("figures") / "run", {"good": 0.9, "poor": 0.5}, trials=30)


@pytest.fixture(scope="module")
def found(study):
    return study.findings()


def test_there_is_a_slice_for_each_hyperparameter_that_differs_with_every_complete_trial_of_every_arm(study, found):
    arms = [arm.id for arm in study.arms]
    figures = slices(found.trials, found.space, arms)
    assert set(figures) == {"freezing_depth", "head_learning_rate", "optimizer", "head_depth", "head_width"}
    for figure in figures.values():
        assert [trace.name for trace in figure.data] == ["good", "poor"]
        assert [len(trace.y) for trace in figure.data] == [29, 29], "the failed ones are left out"
    assert figures["head_learning_rate"].layout.xaxis.type == "log"
    assert figures["head_depth"].layout.xaxis.type == "linear"
    assert figures["optimizer"].layout.xaxis.categoryarray == ("adamw", "sgd")
    own = found.trials[found.trials["arm"] == arms[1]].set_index("trial")
    trace = figures["head_learning_rate"].data[1]
    assert own.loc[trace.customdata, "objective"].tolist() == list(trace.y)
    assert own.loc[trace.customdata, "head_learning_rate"].tolist() == list(trace.x)


def test_a_hyperparameter_that_an_arm_lacks_leaves_its_trace_empty(study, found):
    arms = [arm.id for arm in study.arms]
    trials = found.trials.assign(rank=np.where(found.trials["arm"] == arms[0], found.trials["head_depth"], np.nan))
    assert [len(trace.x) for trace in slices(trials, found.space, arms)["rank"].data] == [29, 0]
    [axis] = [one for one in parallel(trials, found.space, arms).data[0].dimensions if one.label == "rank"]
    assert axis.ticktext[0] == "none"
    assert np.isfinite(axis["values"]).all()
    assert (np.asarray(axis["values"]) == axis.tickvals[0]).sum() == 29


def test_parallel_lines_go_through_arms_and_categories_by_name(study, found):
    axes = {
        one.label: one for one in parallel(found.trials, found.space, [arm.id for arm in study.arms]).data[0].dimensions
    }
    first, *_, last = axes
    assert (first, last) == ("arm", "objective")
    assert axes["arm"].ticktext == ("good", "poor")
    assert axes["optimizer"].ticktext == ("adamw", "sgd")
    rates = axes["head_learning_rate"]
    assert dict(zip(rates.tickvals, rates.ticktext, strict=True)).items() >= {(-3.0, "0.001"), (-2.0, "0.01")}
    assert {len(one["values"]) for one in axes.values()} == {58}


def test_few_trials_have_no_parallel_lines(study, found):
    few = found.trials.groupby("arm").head(1)
    assert parallel(few, found.space, [arm.id for arm in study.arms]) is None


def test_means_by_freezing_depth_stand_over_their_trials_within_what_was_reached(study, found):
    figure = freezing(found.freezing, found.depths, [arm.id for arm in study.arms])
    trials, means = figure.data[0], figure.data[1]
    assert len(trials.x) == 29
    assert means.y.tolist() == found.depths["mean"].tolist()[: len(means.y)]
    low, high = figure.layout.yaxis.range
    assert low < found.freezing["objective"].min() < found.freezing["objective"].max() < high
