from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from study.parts.tasks import build_tasks, task_problems
from study.parts.tasks.loading import load_data
from study.values.arm import build_arms
from study.values.problems import InputError
from study.values.spec import StudySpec, TaskSpec


def make_spec(*tasks: dict[str, object]) -> StudySpec:
    protocols = ["fine_tuning", "shared_representation"] if len(tasks) > 1 else ["fine_tuning"]
    return StudySpec(name="s", protocols=protocols, backbones=["resnet18"], tasks=list(tasks))


ELPV = ({"name": "defect", "data": "elpv", "target": "defect"}, {"name": "type", "data": "elpv", "target": "type"})


def test_single_and_shared_arms_divide_the_same_data_in_the_same_way():
    arms = build_arms(make_spec(*ELPV, {"name": "digit", "data": "digits"}))
    built = {arm.id: build_tasks(arm, split_seed=5, root=Path()) for arm in arms}
    *single, shared = built.values()
    assert [task.name for task in shared] == ["defect", "type", "digit"]
    for (alone,), together in zip(single, shared, strict=True):
        assert alone.name == together.name
        assert alone.output_width == together.output_width
        for part in ("train", "validation", "test"):
            assert np.array_equal(getattr(alone.splits, part), getattr(together.splits, part))
    assert shared[0].inputs is shared[1].inputs
    assert shared[0].splits is shared[1].splits
    assert shared[0].inputs is not shared[2].inputs


def test_the_split_is_stratified_by_both_tasks_and_drawn_from_the_seed():
    arm = build_arms(make_spec(*ELPV))[-1]
    defect, kind = build_tasks(arm, split_seed=5, root=Path())
    joint = defect.labels * 2 + kind.labels
    whole = np.bincount(joint) / len(joint)
    for part in (defect.splits.train, defect.splits.validation, defect.splits.test):
        assert np.abs(np.bincount(joint[part]) - whole * len(part)).max() <= 2
    other, _ = build_tasks(arm, split_seed=6, root=Path())
    assert not np.array_equal(other.splits.train, defect.splits.train)
    assert "CC BY-NC-SA" in defect.licence


def test_the_same_data_is_read_once_a_process():
    arm = build_arms(make_spec(*ELPV))[-1]
    one, other = (build_tasks(arm, split_seed=seed, root=Path())[0] for seed in (1, 2))
    assert one.inputs is other.inputs
    assert load_data("digits", {}, [None], root=Path()) is load_data("digits", {}, [None], root=Path())


def test_a_missing_label_stays_in_the_split(paint, tmp_path):
    rows = [f"{paint(f'{number}.png')},{number % 2},{'' if number < 9 else number % 2}" for number in range(30)]
    (tmp_path / "labels.csv").write_text("\n".join(["image,a,b", *rows]))
    spec = make_spec(*({"name": name, "data": "manifest:labels.csv", "target": name} for name in "ab"))
    first, second = build_tasks(build_arms(spec)[-1], split_seed=0, root=tmp_path)
    assert sum(len(part) for part in (first.splits.train, first.splits.validation, first.splits.test)) == 30
    assert (second.labels[:9] == -1).all()
    assert (second.labels[second.splits.validation] == -1).any()


def test_what_is_wrong_names_the_task():
    arm = build_arms(make_spec(ELPV[0] | {"target": "defcet"}))[0]
    with pytest.raises(InputError, match=r"task defect: unknown target of elpv 'defcet' .did you mean defect"):
        build_tasks(arm, split_seed=0, root=Path())


def check(root, *tasks):
    specs = [TaskSpec(**{"name": f"t{number}", **task}) for number, task in enumerate(tasks)]
    return [(problem.location, problem.message) for problem in task_problems(specs, seed=0, root=root)]


def test_good_tasks_have_no_problems(tmp_path):
    assert check(tmp_path, *ELPV, {"data": "digits"}, {"data": "digits", "target": "digit", "limit": 100}) == []


def test_every_task_is_checked_and_each_problem_has_its_place(tmp_path):
    found = check(
        tmp_path,
        {"data": "elvp"},
        {"data": "digits", "options": {"size": 8}},
        {"data": "elpv"},
        {"data": "elpv", "target": "typ"},
        {"data": "elpv", "target": "type"},
        {"data": "manifest:gone.csv"},
        {"data": "manifest:also_gone.csv"},
        {"data": "digits", "limit": 10},
        {"data": "torchvision:CIFAR10", "options": {"folder": "gone"}},
    )
    expected = [
        (("tasks", 0, "data"), "did you mean elpv"),
        (("tasks", 1, "options"), "unknown option of digits 'size'"),
        (("tasks", 2, "target"), "2 targets (defect, type)"),
        (("tasks", 3, "target"), "did you mean type"),
        (("tasks", 5, "data"), "no such file"),
        (("tasks", 6, "data"), "no such file"),
        (("tasks", 7, "split"), "validation split of digits is empty"),
        (("tasks", 7, "split"), "test split of digits is empty"),
        (("tasks", 8, "options", "folder"), "CIFAR10 is not in"),
    ]
    assert [location for location, _ in found] == [location for location, _ in expected]
    for (_, message), (_, words) in zip(found, expected, strict=True):
        assert words in message


def test_an_absent_label_column_is_placed_at_its_task(paint, tmp_path):
    rows = [f"{paint(f'{number}.png')},{number % 2}" for number in range(20)]
    (tmp_path / "labels.csv").write_text("\n".join(["image,kind", *rows]))
    data = {"data": "manifest:labels.csv"}
    found = check(tmp_path, {**data, "target": "kind"}, {**data, "target": "kidn"}, data)
    assert [location for location, _ in found] == [("tasks", 1, "target")]
    assert "unknown target of labels.csv 'kidn' (did you mean kind?)" in found[0][1]


def test_a_class_that_train_lacks_and_a_single_class_are_found(paint, tmp_path):
    for split, kinds in {"train": ("cat", "dog"), "test": ("cat", "dog", "emu")}.items():
        for kind in kinds:
            for number in range(6):
                paint(f"own/{split}/{kind}/{number}.png")
                paint(f"one/cat/{split}{number}.png")
    found = check(tmp_path, {"data": "folder:own"}, {"data": "folder:one"})
    assert found == [
        (("tasks", 0, "target"), "target 'label': in test but not in train: 'emu' (6)"),
        (("tasks", 1, "target"), "target 'label' has one class only in train: 'cat' (8 examples)"),
    ]


def test_images_that_cannot_be_read_are_found_once_for_all_tasks_on_them(paint, tmp_path):
    rows = [f"{paint(f'{number}.png')},{number % 2},{number % 2}" for number in range(20)]
    (tmp_path / "labels.csv").write_text("\n".join(["image,a,b", *rows]))
    (tmp_path / "3.png").write_bytes(b"no image")
    data = {"data": "manifest:labels.csv"}
    ((location, message),) = check(tmp_path, {**data, "target": "a"}, {**data, "target": "b"})
    assert location == ("tasks", 0, "data")
    assert "1 of 20 images tried cannot be read: cannot read the image" in message
    assert "3.png (labels.csv row 4)" in message
    paint("3.png")
    assert check(tmp_path, {**data, "target": "a"}, {**data, "target": "b"}) == []


def test_files_mended_after_a_check_are_read_anew(paint, tmp_path):
    rows = [f"{paint(f'{number}.png')},{number % 2}" for number in range(20)]
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(["image,kind", *rows]))
    assert check(tmp_path, {"data": "manifest:labels.csv"}) == []
    path.write_text("\n".join(["image,kind", *(row[:-1] + "1" for row in rows)]))
    assert "one class only" in check(tmp_path, {"data": "manifest:labels.csv"})[0][1]
