"""Which trials train together: as many as the sampler loses nothing by, and only those that train heads alone."""

from __future__ import annotations

from typing import Any

import pytest

from study.adapters.optuna_search.packing import pack_size
from study.values.states import TrialState

MIXED = """
def space(trial, arm):
    depth = trial.suggest_categorical("freezing_depth", [arm.num_stages, arm.num_stages - 1])
    rate = trial.suggest_float("head_learning_rate", 0.01, 0.1)
    values = {"freezing_depth": depth, "batch_size": 8, "head_learning_rate": rate}
    return values if depth == arm.num_stages else {**values, "backbone_learning_rate": 0.01}
"""


def packs(source: Any, trained: Any, **how: Any) -> list[list[Any]]:
    """Play a source to its end and return the packs that it handed out."""
    played = []
    while records := source.next(**how):
        played.append(records)
        for record in records:
            source.finish(trained(record, 0.1, 0.2, 0.3).ended(TrialState.COMPLETE, at=1.0))
    return played


def spec(bench: Any, **changes: Any) -> Any:
    return bench.spec(**{"resources": {"trials_per_pack": None}, **changes})


def test_tpe_packs_its_random_trials_and_then_a_quarter_of_what_it_knows(bench: Any, trained: Any) -> None:
    played = packs(bench.source(spec(bench, search={"trials": 24, "startup_trials": 8})), trained)
    assert [len(pack) for pack in played] == [8, 2, 2, 3, 4, 5]
    assert [record.plan.number for pack in played for record in pack] == list(range(24))


@pytest.mark.parametrize(
    ("search", "resources", "num_places", "sizes"),
    [
        ({"sampler": "random", "trials": 40}, {}, 1, [32, 8]),
        ({"sampler": "random", "trials": 40}, {}, 4, [10, 8, 6, 4, 3, 3, 2, 1, 1, 1, 1]),
        ({"sampler": "random", "trials": 9}, {"trials_per_pack": 4}, 1, [4, 4, 1]),
        ({"trials": 4}, {"trials_per_pack": 1}, 1, [1, 1, 1, 1]),
        ({"trials": 4}, {"feature_cache_gib": 0}, 1, [1, 1, 1, 1]),
    ],
)
def test_a_pack_leaves_no_place_idle_and_is_as_large_as_allowed(
    bench: Any, trained: Any, search: Any, resources: Any, num_places: int, sizes: list[int]
) -> None:
    source = bench.source(spec(bench, search=search, resources={"trials_per_pack": None, **resources}))
    assert [len(pack) for pack in packs(source, trained, num_places=num_places)] == sizes


def test_only_trials_that_train_heads_alone_are_packed(bench: Any, trained: Any) -> None:
    (bench.root / "space.py").write_text(MIXED)
    played = packs(
        bench.source(
            spec(bench, protocols=["fine_tuning"], search={"sampler": "random", "trials": 30, "startup_trials": 4})
        ),
        trained,
    )
    assert [record.plan.number for pack in played for record in pack] == list(range(30))
    kinds = [{record.plan.trains_heads_only for record in pack} for pack in played]
    assert all(len(kind) == 1 for kind in kinds), "a pack holds one kind"
    assert {len(pack) for pack, kind in zip(played, kinds, strict=True) if kind == {False}} == {1}
    assert max(len(pack) for pack in played) > 1


def test_trials_that_augment_their_images_are_not_packed(bench: Any, trained: Any) -> None:
    frozen = MIXED.replace("[arm.num_stages, arm.num_stages - 1]", "[arm.num_stages]")
    (bench.root / "space.py").write_text(frozen.replace('"batch_size": 8', '"batch_size": 8, "augmentation": "flip"'))
    augmentation = {"kinds": ["flip"], "cached_views": 2}
    played = packs(
        bench.source(spec(bench, search={"sampler": "random", "trials": 3}, augmentation=augmentation)), trained
    )
    assert [len(pack) for pack in played] == [1, 1, 1]
    assert {record.plan.cached_views for pack in played for record in pack} == {2}


def test_packs_are_of_one_arm(bench: Any, trained: Any) -> None:
    backbones = {"backbones": ["resnet18", "resnet34"]}
    played = packs(bench.source(spec(bench, search={"sampler": "random", "trials": 6}, **backbones)), trained)
    assert all(len({record.plan.arm.id for record in pack}) == 1 for pack in played)
    assert [len(pack) for pack in played] == [6, 6]


def test_a_backbone_of_random_weights_is_another_for_every_trial(bench: Any, trained: Any) -> None:
    random = {"backbones": [{"source": "resnet18", "weights": "none"}], "protocols": ["fine_tuning"]}
    (bench.root / "space.py").write_text(MIXED.replace("[arm.num_stages, arm.num_stages - 1]", "[0]"))
    source = bench.source(spec(bench, search={"sampler": "random", "trials": 3}, **random))
    assert [len(pack) for pack in packs(source, trained)] == [1, 1, 1]


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_trials_of_an_interrupted_pack_go_on_together_from_their_checkpoints_or_from_the_start(
    bench: Any, trained: Any, sampler: str
) -> None:
    whole = spec(bench, search={"sampler": sampler, "startup_trials": 6, "trials": 6})
    pack = bench.source(whole).next()
    assert len(pack) == 6
    (bench.root / "study/checkpoints/x/1").mkdir(parents=True)
    earlier = {
        0: trained(pack[0], 0.1, 0.2, 0.3).ended(TrialState.COMPLETE, at=1.0),
        1: trained(pack[1], 0.1).model_copy(update={"checkpoint": "checkpoints/x/1"}),
        2: trained(pack[2], 0.1),
    }
    played = packs(bench.source(whole, earlier), trained)
    assert [[record.plan.number for record in pack] for pack in played] == [[1, 2, 3, 4, 5]]
    assert [record.plan.checkpoint is not None for record in played[0]] == [True, *[False] * 4]


def test_the_size_of_a_pack_is_at_least_one(bench: Any) -> None:
    assert pack_size(spec(bench, search={"startup_trials": 0}), num_asked=1, num_left=1, num_places=8) == (1, 1)
