"""Screening: backbones are scored once, before any trial, and only the best of them are searched."""

import json
import shutil
from pathlib import Path

import builders
import pytest
from typer.testing import CliRunner

import study
from study.adapters.optuna_search.used_up_file import USED_UP_FILE
from study.faces.command_line import app
from study.faces.report.markdown import markdown
from study.faces.spec_commands import _more
from study.learning.transferability import SCORES, logme_of_numbers
from study.orchestration.contest import Contest
from study.orchestration.directory import StudyDirectory
from study.orchestration.findings.leaving_out import leaving_out
from study.orchestration.findings.sharing import sharing
from study.orchestration.probe_features import probe_features, probe_plans
from study.orchestration.ranking import rank
from study.orchestration.screening import searched_arms
from study.orchestration.search_facts import SCREENING_FILE, SearchFacts, read_search_facts
from study.orchestration.study import Study
from study.parts.tasks.numbers import decoded
from study.trial.feature_scores import feature_score
from study.trial.materials import Materials
from study.values.arm import build_arms
from study.values.plan import Purpose
from study.values.screening import FeatureScore, Screening
from study.values.spec import ScreeningScore

OWN = Path(__file__).parents[1] / "own"
NETS = [
    {"source": "parts.py:small_net", "name": "random", "weights": "none"},
    {"source": "parts.py:small_net", "name": "trained"},
]
DIGIT = {"name": "digit", "data": "parts.py:two_labels", "target": "digit", "limit": 200}


def spec_of(folder, *, nets=NETS, tasks=(DIGIT,), screening=None, **changes):
    values = {
        "name": "screened",
        "protocols": ["linear_probe"],
        "backbones": nets,
        "tasks": list(tasks),
        "search": {"trials": 4, "screening": screening or {"keep": 1}},
        "resources": {"cache_dir": str(folder / "cache"), "max_concurrent_trials": 1},
    }
    return study.StudySpec.model_validate({**values, **changes})


def spec_leaving_out(folder):
    return spec_of(
        folder,
        tasks=[DIGIT, {**DIGIT, "name": "odd", "target": "odd"}],
        protocols=["fine_tuning", "shared_representation"],
        assessment={"leave_one_task_out": True},
    )


def here(plans, score):
    """Score backbones as a task of the cluster does, in this process."""
    for name, of_backbone in plans.items():
        yield name, [feature_score(plan, score, Materials()) for plan in of_backbone]


def scores_of(spec, root=OWN):
    score = spec.search.screening.score.value
    found = [feature_score(plan, score, Materials()) for plan in probe_plans(spec, root=root, num_gpus=0)]
    return {one.backbone: one for one in found}


def searched(directory, spec, *, root=OWN, scorer=here, begun=(), said=None):
    say = [].append if said is None else said.append
    arms = searched_arms(StudyDirectory(directory), spec, root=root, scorer=scorer, begun=begun, say=say)
    return [arm.id for arm in arms]


def test_every_score_of_the_spec_is_there_under_the_same_name():
    assert {score.value for score in ScreeningScore} == set(SCORES)


def test_the_scores_are_those_of_ranking_and_the_same_each_time(tmp_path):
    spec = spec_of(tmp_path, screening={"keep": 1, "score": "h_score"})
    found = scores_of(spec)
    ranked = rank(spec, root=OWN, quiet=True).set_index("backbone")["h_score"]
    assert {name: one.score for name, one in found.items()} == pytest.approx(dict(ranked), rel=1e-5)
    shutil.rmtree(tmp_path / "cache")
    assert scores_of(spec) == found


def test_numbers_are_scored_by_the_evidence_of_the_numbers(tmp_path):
    task = {**DIGIT, "kind": "regression"}
    spec = spec_of(tmp_path, tasks=[task])
    [*expected] = [
        logme_of_numbers(features.features, decoded(features.labels))
        for _, _, features in probe_features(spec, root=OWN, phase="test", quiet=True)
    ]
    assert [one.score for one in scores_of(spec).values()] == pytest.approx(expected, rel=1e-5)
    assert expected[0] != expected[1]


BROKEN = """
import torch

def broken(pretrained=True):
    net = small_net()
    torch.nn.init.constant_(net.stages[2][0].bias, float("nan"))
    return net

class Greedy(torch.nn.Module):
    def forward(self, images):
        if len(images) > 2:  # more than it is looked at with
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 80 GiB")
        return images

def greedy(pretrained=True):
    net = small_net()
    return Backbone([Greedy(), *net.stages], feature_width=32, preprocessing=Preprocessing(image_size=8))
"""


@pytest.fixture
def broken(tmp_path):
    """Return a folder with a module of which some backbones cannot be scored, and a study directory in it."""
    (tmp_path / "screened_nets.py").write_text((OWN / "parts.py").read_text() + BROKEN)
    (tmp_path / "run").mkdir()
    return tmp_path


BROKEN_TASK = {**DIGIT, "data": "screened_nets.py:two_labels"}


def test_what_has_no_score_is_left_out_for_that_and_none_at_all_is_refused(broken):
    nets = [{"source": f"screened_nets.py:{name}", "name": name} for name in ("broken", "greedy", "small_net")]
    nets.append({**nets[2], "name": "lost", "weights": "weights.safetensors"})
    (broken / "weights.safetensors").write_bytes(b"damaged")
    spec = spec_of(broken, nets=nets, tasks=[BROKEN_TASK])
    said = []
    assert searched(broken / "run", spec, root=broken, said=said) == ["linear_probe/small_net/digit"]
    reasons = {line.split("/")[1]: line for line in said if "left out" in line}
    assert reasons["broken"] == (
        "linear_probe/broken/digit: left out by search.screening before any trial: "
        "its features have no logme on digit (features[0, 0] = nan; all must be finite)"
    )
    assert reasons["greedy"].endswith("(OutOfMemoryError: CUDA out of memory. Tried to allocate 80 GiB)")
    assert "cannot read weights" in reasons["lost"]
    (broken / "run" / SCREENING_FILE).unlink()
    none = spec_of(broken, nets=nets[:2], tasks=[BROKEN_TASK])
    with pytest.raises(study.InputError, match=r"screening leaves no backbone, for none has a logme \(broken on digit"):
        searched(broken / "run", none, root=broken)
    assert not (broken / "run" / SCREENING_FILE).exists(), "scored again when that is mended"


def test_data_that_are_bad_for_every_backbone_are_refused(broken):
    nets = [{"source": "screened_nets.py:small_net", "name": name} for name in ("one", "two")]
    spec = spec_of(broken, nets=nets, tasks=[{**DIGIT, "data": "screened_nets.py:nowhere"}])
    with pytest.raises(study.InputError, match="nowhere"):
        searched(broken / "run", spec, root=broken)
    assert not (broken / "run" / SCREENING_FILE).exists()


def test_scoring_goes_on_where_it_was_interrupted(tmp_path):
    nets = [*NETS, {**NETS[1], "name": "third"}]
    spec, asked = spec_of(tmp_path, nets=nets), []

    def interrupted(plans, score):
        asked.append(list(plans))
        for number, found in enumerate(here(plans, score)):
            if number == 1:
                raise KeyboardInterrupt
            yield found

    (tmp_path / "run").mkdir()
    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            searched(tmp_path / "run", spec, scorer=interrupted)
        assert read_search_facts(tmp_path / "run").screening is None, "none is left out by some of the scores"
    (tmp_path / "whole").mkdir()
    assert searched(tmp_path / "run", spec, scorer=interrupted) == searched(tmp_path / "whole", spec)
    assert asked == [["random", "trained", "third"], ["trained", "third"], ["third"]]
    assert (tmp_path / "run" / SCREENING_FILE).read_bytes() == (tmp_path / "whole" / SCREENING_FILE).read_bytes()


def test_arms_that_have_trials_stay_in_where_scores_come_out_otherwise(tmp_path):
    spec, said = spec_of(tmp_path), []

    def other(plans, score):
        yield "random", [FeatureScore(backbone="random", score=1.0)]
        yield "trained", [FeatureScore(backbone="trained", score=2.0)]

    (tmp_path / "run").mkdir()
    begun = ["linear_probe/random/digit"]
    assert searched(tmp_path / "run", spec, scorer=other, begun=begun, said=said) == begun
    assert said[-1] == (
        "linear_probe/trained/digit: left out by search.screening before any trial: its logme on digit is 2, of those "
        "that are searched random 1; those had trials already when they were scored anew"
    )
    record = builders.record(0, arm=build_arms(spec)[0])
    contest = Contest(spec, build_arms(spec), [record], read_search_facts(tmp_path / "run"))
    assert list(contest.out) == ["linear_probe/trained/digit"]
    assert contest.remaining["linear_probe/random/digit"] == 3


def test_scores_are_kept_and_a_damaged_file_is_made_anew(tmp_path):
    spec = spec_of(tmp_path)
    (tmp_path / "run").mkdir()
    said = []
    first, file = searched(tmp_path / "run", spec, said=said), tmp_path / "run" / SCREENING_FILE
    whole = file.read_bytes()
    assert len(first) == 1
    assert said[-1].startswith(f"linear_probe/{'random' if 'trained' in first[0] else 'trained'}/digit: left out by")
    said.clear()
    assert searched(tmp_path / "run", spec, root=tmp_path / "elsewhere", said=said) == first, "nothing is scored again"
    assert not said
    flipped = bytearray(whole)
    flipped[len(whole) // 2] ^= 4
    file.write_bytes(flipped)
    with pytest.raises(study.InputError, match=r"screening.json: the file was damaged; `study resume"):
        read_search_facts(tmp_path / "run")
    assert searched(tmp_path / "run", spec, said=said) == first
    assert said[0].endswith("the file was damaged; set aside to damaged/screening.json, and looked for anew")
    assert file.read_bytes() == whole


def test_scores_of_earlier_versions_are_whole():
    assert Screening.model_validate({"score": "logme", "tasks": {}}).is_whole


def test_validate_counts_the_arms_that_may_be_searched(tmp_path):
    shutil.copy(OWN / "parts.py", tmp_path / "counted_parts.py")
    nets = [{**net, "source": "counted_parts.py:small_net"} for net in NETS]
    tasks = [{**DIGIT, "data": "counted_parts.py:two_labels"}]
    spec = spec_of(tmp_path, nets=nets, tasks=tasks)
    (tmp_path / "spec.yaml").write_text(json.dumps(spec.model_dump(mode="json", exclude={"storage", "resources"})))
    shown = CliRunner().invoke(app, ["validate", str(tmp_path / "spec.yaml")])
    assert "2 arms, at most 4 trials, at most 3 assessments" in " ".join(shown.output.split())
    assert _more(spec_leaving_out(tmp_path)) == " and up to 12 more to leave one task out"  # 2 x 3 seeds x 1 x 2 tasks


def test_findings_say_of_which_backbones_only_one_side_is_searched(tmp_path):
    spec = spec_leaving_out(tmp_path)
    scores = {"digit": (2.0, 1.0), "odd": (1.0, 2.0)}  # of equal mean places the first is shared: random
    names = ("random", "trained")
    found = Screening(
        score="logme",
        tasks={
            task: tuple(FeatureScore(backbone=name, score=one) for name, one in zip(names, of_task, strict=True))
            for task, of_task in scores.items()
        },
    )
    arms = build_arms(spec)
    contest = Contest(spec, arms, [], SearchFacts(screening=found))
    expected = [
        ("random", "odd", "not run, for search.screening left out fine_tuning/random/odd"),
        ("trained", "odd", "not run, for search.screening left out shared_representation/trained/digit+odd"),
    ]
    shared = sharing(arms, {}, seed=0, confidence=0.95, screened=contest.screened)
    for table in (leaving_out(contest, Path), shared):
        assert list(table[["backbone", "task", "verdict"]].itertuples(index=False, name=None)) == expected


SPACE = """
def space(trial, arm):
    rate = trial.suggest_categorical("head_learning_rate", [0.01, 0.03])
    return {"freezing_depth": arm.num_stages, "batch_size": 32, "head_learning_rate": rate}
"""


@pytest.mark.ray
def test_a_study_of_screened_backbones_with_a_small_space_is_done_and_says_so(tmp_path, local_ray):
    shutil.copy(OWN / "parts.py", tmp_path / "screened_parts.py")
    (tmp_path / "screened_space.py").write_text(SPACE)
    nets = [{**net, "source": "screened_parts.py:small_net"} for net in NETS]
    spec = spec_of(
        tmp_path,
        nets=nets,
        tasks=[{**DIGIT, "data": "screened_parts.py:two_labels"}],
        search={"trials": 4, "screening": {"keep": 1}, "space": "screened_space.py:space"},
        budget={"epochs": 1},
        assessment={"seeds": 1},
    )
    one = Study(spec, tmp_path / "run", root=tmp_path)
    one.run(quiet=True)
    status = one.status()
    assert status.phase == "done"
    [out] = [arm for arm in status.arms if arm.stopped]
    [searched] = [arm for arm in status.arms if not arm.stopped]
    assert (searched.complete + searched.pruned, searched.remaining, searched.assessed) == (2, 0, 1)
    assert (out.complete, out.running, out.remaining, out.assessed) == (0, 0, 0, 0)
    ranked = one.rank(quiet=True).set_index("backbone")["logme"]
    assert ranked.idxmax() in searched.arm
    said = one.unequal_budgets()
    assert "no comparison of all candidates" in said[0]
    assert said[1] == out.stopped
    assert f"its logme on digit is {ranked.min():.4g}, of those that are searched {ranked.idxmax()}" in said[1]
    assert said[2].endswith("so it had 2 trials instead of 4")
    for name in ("leaderboard", "status"):
        assert "left out by search.screening" in CliRunner().invoke(app, [name, str(tmp_path / "run")]).output
    findings = one.findings()
    assert f"Budgets: {out.stopped}." in markdown("screened", findings)
    assert findings.conclusion[1].endswith(f"not assessed: {out.arm}.")
    with pytest.raises(study.InputError, match=r"left out by search\.screening"):
        one.export(out.arm, tmp_path / "model")
    before = one._records().read_all()
    content = bytearray((tmp_path / "run" / USED_UP_FILE).read_bytes())
    content[len(content) // 2] ^= 4
    (tmp_path / "run" / USED_UP_FILE).write_bytes(content)
    again = Study.open(tmp_path / "run")
    with pytest.raises(study.InputError, match=r"json: the file was damaged; `study resume .*/run` sets it aside"):
        again.status()
    gone_on = CliRunner().invoke(app, ["resume", str(tmp_path / "run")])
    assert gone_on.exit_code == 0, gone_on.output
    assert again._records().read_all() == before
    assert again.status() == status
    assert {path.name for path in (tmp_path / "run" / "damaged").iterdir()} == {USED_UP_FILE}
    assert all(record.plan.arm.id == searched.arm for record in again._records().read_all(Purpose.SEARCH))
