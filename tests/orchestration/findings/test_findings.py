"""The conclusion follows from the tables, and the tables from what was predicted."""

import math
from shutil import rmtree

import numpy as np
import pytest
from concluded import concluded
from sklearn.metrics import accuracy_score, recall_score

from study.adapters.record_store import RecordStore
from study.learning.manifest import MANIFEST, extend_manifest
from study.orchestration.contest import Contest
from study.orchestration.findings.bearing import mean_drops
from study.orchestration.findings.evidence import gather
from study.orchestration.unequal import unequal_budgets
from study.statistics.paired import NO_DIFFERENCE
from study.trial.out_of_distribution import ELSEWHERE
from study.values.metric_names import OBJECTIVE
from study.values.plan import Purpose


def test_a_clear_winner_is_named_with_its_interval_and_said_to_be_better(tmp_path):
    found = concluded(tmp_path / "run", {"good": 0.9, "middling": 0.7, "poor": 0.5}).findings()
    best, shown, _ = found.conclusion
    standings = found.tasks["digit"].standings
    assert standings.table["arm"].tolist() == [f"fine_tuning/{name}/digit" for name in ("good", "middling", "poor")]
    first = standings.table.iloc[0]
    assert first["low"] < first["test"] < first["high"]
    assert f"fine_tuning/good/digit scores best on test: accuracy {first['test']:.3g}" in best
    assert f"{first['low']:.3g} to {first['high']:.3g}" in best
    assert "3 seeds and 300 examples" in best
    assert "better than every other arm" in shown
    assert set(standings.comparisons["verdict"]) == {"better"}
    assert first["probability_best"] == pytest.approx(1, abs=0.01)
    assert (standings.comparisons["p_holm"] >= standings.comparisons["p"]).all()


def test_arms_that_are_equally_good_are_not_told_apart(tmp_path):
    found = concluded(tmp_path / "run", {"one": 0.8, "other": 0.8}, examples=200).findings()
    _, shown, _ = found.conclusion
    assert f"{NO_DIFFERENCE} between it and any other arm" in shown
    assert found.tasks["digit"].standings.comparisons["verdict"].tolist() == [NO_DIFFERENCE]


def test_scores_are_those_of_the_predictions(tmp_path):
    study = concluded(tmp_path / "run", {"good": 0.9, "poor": 0.5})
    records = [record for record in study._records().read_all() if record.test]
    by_arm = {arm.id: [record for record in records if record.plan.arm == arm] for arm in study.arms}
    [evidence] = gather(study.spec.tasks, by_arm, lambda folder: study.directory / folder)
    table = study.findings().tasks["digit"].standings.table.set_index("arm")["test"]
    for arm, seeds in evidence.arms.items():
        scores = [accuracy_score(seed.test.labels, seed.test.logits.argmax(axis=1)) for seed in seeds]
        assert table[arm] == pytest.approx(np.mean(scores))


def test_a_flattering_selection_is_said_by_how_much(tmp_path):
    found = concluded(tmp_path / "run", {"good": 0.9, "poor": 0.5}, flattery=0.05).findings()
    assert found.selection_bias["bias"].tolist() == pytest.approx([0.05, 0.05])
    assert "0.05 too good on average" in found.conclusion[2]


def test_overconfident_models_are_cooled_down(tmp_path):
    table = concluded(tmp_path / "run", {"good": 0.9, "poor": 0.5}).findings().tasks["digit"].calibration
    assert (table["temperature"] > 1).all()
    assert (table["ece_scaled"] < table["ece"]).all()
    assert (table["nll_scaled"] < table["nll"]).all()


def test_what_corruption_costs_is_a_share_of_the_clean_score(tmp_path):
    table = concluded(tmp_path / "run", {"good": 0.9, "poor": 0.5}).findings().robustness
    assert len(table) == 2 * 2 * 5, "an arm, a kind, a severity"
    assert table["relative_drop"].to_numpy() == pytest.approx(table["severity"].to_numpy() / 10)
    assert mean_drops(table)["relative_drop"].tolist() == pytest.approx([0.3, 0.3])


def test_what_other_data_costs_is_a_share_of_the_score_on_test_the_best_arm_first(tmp_path):
    study = concluded(tmp_path / "run", {"poor": 0.5, "good": 0.9})
    found = study.findings()
    table = found.out_of_distribution.set_index("arm")
    assert list(table.index) == ["fine_tuning/good/digit", "fine_tuning/poor/digit"]
    clean = study.leaderboard().set_index("arm")["test"]
    assert dict(table["in_distribution"]) == pytest.approx(dict(clean))
    assert dict(table["score"]) == pytest.approx(dict(clean * 0.8), abs=0.03)
    assert dict(table["relative_drop"]) == pytest.approx(dict(1 - table["score"] / clean))
    assert ((table["low"] < table["score"]) & (table["score"] < table["high"])).all()
    assert set(table["seeds"]) == {3}


@pytest.mark.parametrize("kept", [True, False])
def test_the_interval_on_other_data_is_over_its_examples_too_where_predictions_were_kept(tmp_path, kept):
    study = concluded(tmp_path / "run", {"good": 0.75}, seeds=1, examples=400)
    if not kept:  # as an earlier version left it
        [folder] = study.directory.glob("assessments/**/checkpoint")
        (folder / ELSEWHERE).unlink()
        (folder / MANIFEST).unlink()
        extend_manifest(folder)
    [row] = study.findings().out_of_distribution.to_dict("records")
    if kept:
        width = 2 * 1.96 * math.sqrt(row["score"] * (1 - row["score"]) / 400)
        assert row["high"] - row["low"] == pytest.approx(width, rel=0.1)
    else:
        assert math.isnan(row["low"])


def test_the_score_by_training_examples_ends_with_what_the_leaderboard_has(tmp_path):
    found = concluded(tmp_path / "run", {"good": 0.9, "poor": 0.5}, few_shot=[1, 4]).findings()
    table, standings = found.few_shot, found.tasks["digit"].standings.table
    assert len(standings) == len(found.leaderboard) == 2, "few shots are no arms of their own"
    assert table["arm"].tolist() == ["fine_tuning/good/digit"] * 3 + ["fine_tuning/poor/digit"] * 3
    assert table["num_train"].tolist() == [10, 40, 1000] * 2
    np.testing.assert_equal(table["examples_per_class"].to_numpy(), [1, 4, np.nan] * 2)
    assert table["score"].tolist() == pytest.approx([0.45, 0.72, 0.9, 0.25, 0.4, 0.5], abs=0.05)
    last = table[table["examples_per_class"].isna()]
    for name, expected in (("score", "test"), ("low", "low"), ("high", "high"), ("seeds", "seeds")):
        assert last[name].tolist() == standings[expected].tolist()
    assert ((table["low"] < table["score"]) & (table["score"] < table["high"])).all()


def test_a_configuration_that_is_no_longer_selected_has_no_curve(tmp_path):
    study = concluded(tmp_path / "run", {"good": 0.9}, few_shot=[2])
    [best] = [record for record in study._records().read_all() if record.plan.number == 0 and not record.test]
    better = best.plan.model_copy(update={"number": 99, "arm_number": 99})
    epochs = tuple(epoch.model_copy(update={"metrics": {**epoch.metrics, OBJECTIVE: 0.99}}) for epoch in best.epochs)
    for epoch in epochs:
        RecordStore(study.directory).append(better, epoch)
    RecordStore(study.directory).write(best.model_copy(update={"plan": better}))
    assert study.findings().few_shot.empty


def test_the_worst_class_of_each_arm_is_named_with_its_recall(tmp_path):
    study = concluded(tmp_path / "run", {"good": 0.9, "poor": 0.5})
    table = study.findings().tasks["digit"].worst_classes
    assert table["arm"].tolist() == ["fine_tuning/good/digit", "fine_tuning/poor/digit"]
    records = [record for record in study._records().read_all() if record.test]
    by_arm = {arm.id: [record for record in records if record.plan.arm == arm] for arm in study.arms}
    [evidence] = gather(study.spec.tasks, by_arm, lambda folder: study.directory / folder)
    for row in table.itertuples(index=False):
        seeds = [seed.test for seed in evidence.arms[row.arm]]
        recalls = np.mean([recall_score(one.labels, one.logits.argmax(axis=1), average=None) for one in seeds], axis=0)
        assert row.recall == pytest.approx(recalls.min())
        assert row._1 == f"digit {recalls.argmin()}"
        assert row.low < row.recall < row.high
        assert row.examples == (seeds[0].labels == recalls.argmin()).sum()


def test_budgets_failures_and_trials_are_counted(tmp_path):
    found = concluded(tmp_path / "run", {"good": 0.9, "poor": 0.5}).findings()
    curve = found.by_trials[found.by_trials["arm"] == "fine_tuning/good/digit"]["expected_best"]
    assert len(curve) == 11, "a failed trial has no score"
    assert curve.iloc[-1] == pytest.approx(0.9)
    assert curve.is_monotonic_increasing
    assert found.by_time["seconds"].min() > 0
    assert found.failures["trials"].tolist() == [1, 1]
    assert len(found.trials) == 24
    assert found.flips.empty


def test_a_study_without_assessments_concludes_nothing(tmp_path):
    found = concluded(tmp_path / "run", {"good": 0.9}, seeds=0 + 1).findings()
    assert "A single seed" in found.conclusion[2]
    assert "nothing to compare it with" in found.conclusion[1]


def test_arms_that_are_not_assessed_are_named_beside_the_conclusion(tmp_path):
    study = concluded(tmp_path / "run", {"good": 0.9, "middling": 0.7, "poor": 0.5}, trials=4, seeds=2, examples=100)
    for record in study._records().read_all(Purpose.ASSESSMENT):
        if record.plan.arm.backbone.name == "poor":
            rmtree(study.directory / record.plan.folder)
    shown = study.findings().conclusion[1]
    assert "it is better than every other arm assessed; its chance of being the best of the 2 assessed is" in shown
    assert shown.endswith("; not assessed: fine_tuning/poor/digit.")


def test_unequal_numbers_of_trials_are_said_where_arms_have_a_budget_of_their_own(tmp_path):
    study = concluded(tmp_path / "run", {"good": 0.9, "poor": 0.5}, trials=4, seeds=1, examples=50)
    records = study._records().read_all()
    fewer = [one for one in records if (one.plan.arm.backbone.name, one.plan.purpose) != ("poor", Purpose.SEARCH)]
    budget = study.spec.budget.model_copy(update={"arm_training_s": 60.0})
    timed = study.spec.model_copy(update={"budget": budget})
    assert study.spec.gives_equal_trials
    assert not timed.gives_equal_trials
    assert unequal_budgets(Contest(timed, study.arms, records)) == ()
    [said] = unequal_budgets(Contest(timed, study.arms, fewer))
    assert said.startswith("budget.arm_training_s limits the time of each arm")
    assert said.endswith("fine_tuning/good/digit 4, fine_tuning/poor/digit 0")
