"""Ranking: a row for each backbone and task, on features that the study itself will use."""

from pathlib import Path

import pandas as pd
import pytest

import study
from study.learning.cache.contents import kept_entries
from study.learning.transferability import SCORES
from study.orchestration.facts import split_seed
from study.orchestration.ranking import RANKS, rank
from study.trial.trial import Trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters

OWN = Path(__file__).parents[1] / "own"
NETS = ["parts.py:small_net", {"source": "parts.py:small_net", "weights": "none"}]


def own_spec(tmp_path, **changes):
    values = {
        "name": "own",
        "backbones": NETS,
        "tasks": [
            {"name": "odd", "data": "parts.py:two_labels", "target": "odd"},
            {"name": "digit", "data": "parts.py:two_labels", "target": "digit"},
        ],
        "resources": {"cache_dir": str(tmp_path / "cache")},
    }
    return study.StudySpec.model_validate({**values, **changes})


@pytest.fixture(scope="module")
def ranked(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranked")
    return rank(own_spec(folder), root=OWN, quiet=True), folder


def test_there_is_a_row_for_each_backbone_and_task_best_first_within_each_task(ranked):
    table, _ = ranked
    assert table["task"].tolist() == ["odd", "odd", "digit", "digit"], "in the spec's order"
    assert sorted(table["backbone"][:2]) == sorted(table["backbone"][2:]) == ["small_net", "small_net-random"]
    assert list(table.columns) == [
        *("backbone", "task"),
        *(column for name in SCORES for column in (name, f"{name}_rank")),
        "reason",
    ]
    for _, rows in table.groupby("task"):
        assert rows["logme_rank"].tolist() == [1, 2]
        for name, column in RANKS.items():
            assert rows.sort_values(column)[name].is_monotonic_decreasing
            assert set(rows[column]) == {1, 2}


def test_the_features_tell_digits_apart_better_than_chance(ranked):
    digits = ranked[0].set_index("task").loc["digit"]
    assert (digits["knn"] > 0.3).all(), "chance is 0.1"


def test_tasks_on_the_same_images_share_their_features(ranked):
    assert [entry.kind for entry in kept_entries(ranked[1] / "cache")].count("features") == 2, "one a backbone"


def test_a_linear_probe_of_the_study_finds_its_features_there(ranked):
    from builders import plan

    spec = own_spec(ranked[1], protocols=["linear_probe", "shared_representation"])
    for arm in (build_arms(spec)[0], build_arms(spec)[-2]):
        trained = Trial(
            plan(
                arm=arm,
                hyperparameters=Hyperparameters(freezing_depth=3, head_learning_rate=0.01, batch_size=32),
                split_seed=split_seed(spec.seed),
                root=str(OWN),
                cache_dir=str(ranked[1] / "cache"),
            )
        )
        assert trained.notes["features"] == "read from the cache"


def test_the_same_spec_gives_the_same_table_and_another_seed_another(ranked):
    table, folder = ranked
    pd.testing.assert_frame_equal(table, rank(own_spec(folder), root=OWN, quiet=True))
    other = rank(own_spec(folder, seed=1), root=OWN, quiet=True)
    assert not table["logme"].equals(other["logme"])


def test_progress_goes_to_standard_error(tmp_path, capsys):
    rank(own_spec(tmp_path, backbones=NETS[:1]), root=OWN)
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "[rank 2/2] small_net on digit: " in captured.err


def test_a_backbone_whose_features_are_not_finite_is_named_with_the_reason_and_the_others_are_ranked(tmp_path):
    (tmp_path / "broken.py").write_text(
        (OWN / "parts.py").read_text() + "import torch\n"
        "def broken(pretrained=True):\n"
        "    net = small_net()\n"
        "    torch.nn.init.constant_(net.stages[2][0].bias, float('nan'))\n"
        "    return net\n"
    )
    task = {"name": "digit", "data": "broken.py:two_labels", "target": "digit"}
    nets = ["broken.py:broken", "broken.py:small_net", {"source": "broken.py:small_net", "weights": "none"}]
    table = rank(own_spec(tmp_path, backbones=nets, tasks=[task]), root=tmp_path, quiet=True)
    assert sorted(table["backbone"][:2]) == ["small_net", "small_net-random"]
    assert table["logme_rank"].tolist()[:2] == [1, 2]
    assert table["reason"].isna().tolist() == [True, True, False]
    last = table.iloc[-1]
    assert (last["backbone"], last["reason"]) == ("broken", "features[0, 0] = nan; all must be finite")
    assert last[[*SCORES, *RANKS.values()]].isna().all()


@pytest.mark.slow
def test_pretrained_weights_rank_above_random_ones_on_photographs(tmp_path):
    spec = own_spec(
        tmp_path,
        backbones=[
            {"source": "efficientnet_lite0", "name": "random", "weights": "none", "image_size": 96},
            {"source": "efficientnet_lite0", "name": "pretrained", "image_size": 96},
        ],
        tasks=[
            {"name": "defect", "data": "elpv", "target": "defect", "limit": 300},
            {"name": "type", "data": "elpv", "target": "type", "limit": 300},
        ],
    )
    table = rank(spec, root=tmp_path, quiet=True).set_index(["task", "backbone"])
    for task in ("defect", "type"):
        assert table.loc[(task, "pretrained"), "logme"] > table.loc[(task, "random"), "logme"] + 0.05, task
    # On 180 examples of defect, neighbours are no better under pretrained weights: which of the two comes out ahead
    # there depends on the seed (0.66 to 0.72 against 0.58 to 0.72 over three seeds and two image sizes).
    assert table.loc[("type", "pretrained"), "knn"] > table.loc[("type", "random"), "knn"] + 0.1
    assert table.loc[("type", "pretrained"), "knn_rank"] == 1
