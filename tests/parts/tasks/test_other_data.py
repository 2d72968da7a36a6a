"""Data out of distribution: classes matched by name, all of it used, and everything wrong with it found beforehand."""

import numpy as np
import pytest

from study.parts.tasks import MISSING, task_problems
from study.parts.tasks.other_data import open_other_data
from study.values.problems import InputError
from study.values.spec import OutOfDistributionSpec, TaskSpec

CLASSES = ("cat", "dog", "emu")


@pytest.fixture
def arrays(tmp_path):
    """Write an .npz file of images with these labels; returns what names it."""

    def arrays(name, kinds, *, level=0, **more):
        images = np.full((len(kinds), 6, 6), level, np.uint8) + np.arange(len(kinds), dtype=np.uint8)[:, None, None]
        np.savez(tmp_path / f"{name}.npz", images=images, kind=np.array(kinds), **more)
        return f"arrays:{name}.npz"

    return arrays


def opened(tmp_path, data, **changes):
    spec = OutOfDistributionSpec(name="other", data=data, **changes)
    return open_other_data(spec, CLASSES, seed=3, root=tmp_path)


def test_classes_are_matched_by_name_and_may_be_fewer(arrays, tmp_path):
    other = opened(tmp_path, arrays("other", ["emu", "dog", "", "emu"]))
    assert other.labels.tolist() == [2, 1, MISSING, 2]
    assert other.examples.tolist() == [0, 1, 3]


def test_all_examples_are_used_whatever_split_they_have(arrays, tmp_path):
    data = arrays("split", ["cat", "dog"] * 20, split=np.array(["train", "validation", "test", "train"] * 10))
    assert opened(tmp_path, data).examples.tolist() == list(range(40))


def test_a_limit_is_stratified_and_the_same_every_time(arrays, tmp_path):
    data = arrays("many", ["cat"] * 60 + ["dog"] * 30 + [""] * 10)
    one, again = (opened(tmp_path, data, limit=30) for _ in range(2))
    assert np.bincount(one.labels[one.examples]).tolist() == [20, 10]
    np.testing.assert_array_equal(one.examples, again.examples)


def test_a_class_that_the_task_has_not_is_named_with_its_count(arrays, tmp_path):
    data = arrays("strange", ["cat", "gnu", "gnu", "yak"])
    with pytest.raises(InputError) as caught:
        opened(tmp_path, data)
    [problem] = caught.value.problems
    assert problem.location == ("target",)
    assert problem.message == (
        "arrays:strange.npz 'kind' has classes that the task has not: 'gnu' (2 examples), 'yak' (1 examples); "
        "classes are matched by name: 'cat', 'dog', 'emu'"
    )


def test_everything_wrong_with_it_is_found_with_its_place(arrays, tmp_path):
    own = arrays("own", ["cat", "dog", "emu"] * 10)
    (tmp_path / "copy.npz").write_bytes((tmp_path / "own.npz").read_bytes())
    others = [
        {"name": "fine", "data": arrays("fine", ["emu", "cat"] * 6, level=50)},
        {"name": "gone", "data": "arrays:gone.npz"},
        {"name": "strange", "data": arrays("strange", ["gnu"] * 5)},
        {"name": "misspelt", "data": arrays("misspelt", ["cat"] * 5), "target": "knd"},
        {"name": "option", "data": arrays("option", ["cat"] * 5), "options": {"size": 3}},
        {"name": "same", "data": "arrays:copy.npz"},
        {"name": "unlabelled", "data": arrays("unlabelled", [""] * 5)},
        {"name": "unknown", "data": "arrys:x.npz"},
    ]
    tasks = [TaskSpec(name="good", data=own), TaskSpec(name="kind", data=own, out_of_distribution=others)]
    found = task_problems(tasks, seed=0, root=tmp_path)
    place = ("tasks", 1, "out_of_distribution")
    expected = [
        ((*place, 1, "data"), "no such file"),
        ((*place, 2, "target"), "classes that the task has not: 'gnu' (5 examples)"),
        ((*place, 3, "target"), "did you mean kind?"),
        ((*place, 4, "options"), "unknown option of arrays 'size'"),
        ((*place, 5, "data"), "arrays:copy.npz is what task good is trained on; it must be other data"),
        ((*place, 6, "target"), "no example of arrays:unlabelled.npz has a label 'kind'"),
        ((*place, 7, "data"), "did you mean arrays?"),
    ]
    assert [problem.location for problem in found] == [location for location, _ in expected]
    for problem, (_, words) in zip(found, expected, strict=True):
        assert words in problem.message


def test_it_is_checked_though_the_tasks_own_data_is_gone(arrays, tmp_path):
    others = [{"name": "gone", "data": "arrays:gone.npz"}, {"name": "there", "data": arrays("there", ["gnu"] * 5)}]
    found = task_problems(
        [TaskSpec(name="t", data="arrays:own.npz", out_of_distribution=others)], seed=0, root=tmp_path
    )
    assert [problem.location for problem in found] == [
        ("tasks", 0, "data"),
        ("tasks", 0, "out_of_distribution", 0, "data"),
    ]


def test_images_that_cannot_be_read_are_found(paint, tmp_path):
    for kind in ("cat", "dog"):
        for number in range(10):
            paint(f"own/{kind}/{number}.png")
            paint(f"other/{kind}/{number}.png")
    (tmp_path / "other/dog/3.png").write_bytes(b"no image")
    task = TaskSpec(name="t", data="folder:own", out_of_distribution=[{"name": "o", "data": "folder:other"}])
    [problem] = task_problems([task], seed=0, root=tmp_path)
    assert problem.location == ("tasks", 0, "out_of_distribution", 0, "data")
    assert "1 of 20 images tried cannot be read" in problem.message
