"""What the outer split says of the selection, and that it is said of no study without one."""

import pytest
from builders import scored
from concluded import concluded
from scipy.stats import kendalltau

from study.faces.report.markdown import markdown
from study.faces.report.page import render
from study.orchestration.findings import frames
from study.values.selection import oracle, select
from study.values.states import TrialState

NAMES = {"outer_scores", "rank_agreement", "oracle"}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return concluded(tmp_path_factory.mktemp("outer") / "run", {"good": 0.9, "poor": 0.5}, trials=16, outer=0.25)


@pytest.fixture(scope="module")
def found(study):
    return study.findings()


def test_tau_is_that_of_each_arms_complete_trials(study, found):
    table = found.outer.agreement.set_index("arm")
    assert list(table.index) == [arm.id for arm in study.arms]
    assert table["trials"].tolist() == [15, 15], "the failed one has no score"
    for arm, part in found.outer.scores.groupby("arm"):
        tau = kendalltau(part["validation"], part["outer"]).statistic
        assert table.loc[arm, "tau"] == pytest.approx(tau)
        assert table.loc[arm, "low"] < tau < table.loc[arm, "high"]
        assert table.loc[arm, "low"] > 0.3, "the scores were made to agree"


def test_the_oracle_is_the_best_on_the_outer_split_and_regret_what_it_is_better_by(study, found):
    records = study._records().read_all()
    for row in found.outer.oracle.to_dict(orient="records"):
        trials = [record for record in records if record.plan.arm.id == row["arm"]]
        part = found.outer.scores[found.outer.scores["arm"] == row["arm"]].set_index("trial")["outer"]
        assert (row["oracle"], row["oracle_outer"]) == (part.idxmax(), part.max())
        assert row["oracle"] == oracle(trials).plan.number
        assert row["selected"] == select(trials).plan.number == study.best(row["arm"]).plan.number
        assert row["regret"] == pytest.approx(part.max() - part[row["selected"]])
        assert row["regret"] >= 0
    assert (found.leaderboard["trial"] == found.outer.oracle["selected"].to_numpy()).all(), "nothing is chosen by it"


def test_page_markdown_and_frames_have_it(study, found):
    assert frames(found).keys() >= NAMES
    page, text = render(study, found), markdown("concluded", found)
    for said in (page, text):
        assert "Validation against the outer split" in said
        assert "Oracle" in said
    assert '"outer"' in page
    assert f"{found.outer.agreement['tau'].iloc[0]:.4g}" in text


def test_a_study_without_one_says_nothing_of_it(tmp_path):
    study = concluded(tmp_path / "run", {"good": 0.9})
    found = study.findings()
    assert found.outer is None
    assert not NAMES & frames(found).keys()
    for said in (render(study, found), markdown("concluded", found)):
        assert "Oracle" not in said
        assert "outer split" not in said


def test_the_oracle_of_a_metric_to_minimize_is_the_lowest():
    def trial(number, outer):
        record = scored(number, objectives=[1.0], state=TrialState.COMPLETE, metric="nll", outer=0.2)
        [last] = record.epochs
        scores = {} if outer is None else {"outer/defect/nll": outer}
        return record.model_copy(update={"epochs": (last.model_copy(update={"outer": scores}),)})

    trials = [trial(0, 0.7), trial(1, 0.3), trial(2, float("nan")), trial(3, None), trial(4, 0.3)]
    assert oracle(trials).plan.number == 1
    assert select(trials).plan.number == 0
    assert oracle(trials[2:4]) is None
