"""The Pareto front of metric and costs, where a person looks for it; and what is said where nothing keeps to limits."""

import pytest
from builders import spec
from concluded import concluded

from study.faces.report.markdown import markdown
from study.faces.report.page import render
from study.orchestration.feasibility import checked_costs
from study.orchestration.findings import frames
from study.orchestration.study import Study
from study.values.metric_names import Cost
from study.values.problems import InputError

ARMS = {"good": 0.9, "poor": 0.5}
SEARCH = {
    "objectives": ["parameters"],
    "constraints": {"latency_ms": {"max": 0.45}},
    "scheduler": {"kind": "none"},
}


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Study:
    return concluded(tmp_path_factory.mktemp("costs") / "run", ARMS, trials=16, search=SEARCH)


@pytest.fixture(scope="module")
def found(study):
    return study.findings()


def beats(one, other):
    return (
        one["objective"] >= other["objective"]
        and one["parameters"] <= other["parameters"]
        and (one["objective"] > other["objective"] or one["parameters"] < other["parameters"])
    )


def test_a_trial_is_on_a_front_where_no_feasible_one_beats_it(study, found):
    table = study.pareto("parameters")
    rows = table.to_dict(orient="records")
    assert len(rows) == 30, "the failed ones have no cost"
    assert 0 < table["feasible"].sum() < 30
    for row in rows:
        rivals = [other for other in rows if other["feasible"]]
        own = [other for other in rivals if other["arm"] == row["arm"]]
        for column, against in (("on_front", rivals), ("on_arm_front", own)):
            assert row[column] == (row["feasible"] and not any(beats(other, row) for other in against))
    assert set(table.loc[table["on_front"], "arm"]) == {study.arms[0].id}, "all good models beat all poor ones"
    assert found.pareto.columns.tolist()[3:6] == ["parameters", "latency_ms", "latency_iqr_ms"]


def test_the_selected_trial_is_the_best_feasible_one_and_on_its_arms_front(study, found):
    for arm in study.arms:
        own = found.pareto[(found.pareto["arm"] == arm.id) & found.pareto["feasible"]]
        assert study.best(arm.id).plan.number == own.loc[own["objective"].idxmax(), "trial"]
        assert own.loc[own["objective"].idxmax(), "on_arm_front"]


def test_page_markdown_and_frames_have_it(study, found):
    page, text = render(study, found), markdown("concluded", found)
    assert "Metric against costs" in page
    assert "latency_ms at most 0.45" in page
    assert '"pareto/digit/parameters"' in page
    assert '"pareto/digit/latency_ms"' in page
    assert "## Pareto front" in text
    assert len(frames(found)["pareto"]) == 30


def test_a_study_without_costs_says_nothing_of_them_but_can_be_asked(tmp_path):
    study = concluded(tmp_path / "run", {"good": 0.9})
    found = study.findings()
    assert "pareto" not in frames(found)
    for said in (render(study, found), markdown("concluded", found)):
        assert "Pareto" not in said
    assert study.pareto("trained_parameters", "training_s")["on_front"].any()
    with pytest.raises(InputError, match=r"the spec has no search\.objectives and no search.constraints; name what"):
        study.pareto()
    with pytest.raises(InputError, match=r"latency_ms was not measured.*\n.*unknown cost 'params'"):
        study.pareto("latency_ms", "params")


def test_training_seconds_are_not_told_of_trials_that_take_epochs_over():
    population = {"trials": 4, "scheduler": {"kind": "none"}}
    population["population_based_training"] = {"size": 2, "interval_epochs": 2}
    own = spec(budget={"epochs": 4}, search=population)
    assert checked_costs(["parameters"], own) == (Cost.PARAMETERS,)
    with pytest.raises(InputError, match=r"training_s is not told of single trials.* trains 2 epochs.*known: param"):
        checked_costs(["training_s"], own)


def test_arms_that_keep_to_no_limit_are_named_with_what_comes_nearest(tmp_path):
    search = {"constraints": {"parameters": {"max": 500}}}
    study = concluded(tmp_path / "run", {"good": 0.9}, search=search)
    said = "none of the 11 complete trials of fine_tuning/good/digit keeps to search.constraints, so none is selected; "
    with pytest.raises(InputError, match=said):
        study.best(study.arms[0].id)
    [sentence] = study.not_selected()
    assert sentence.startswith(said)
    assert "(at most 500)" in sentence
    found = study.findings()
    assert found.leaderboard["trial"].isna().all()
    for text in (render(study, found), markdown("concluded", found)):
        assert said in text
