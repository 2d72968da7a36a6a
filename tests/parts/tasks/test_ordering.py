"""Classes in an order: of numbers their own, of names the spec's, refused where there is none."""

import numpy as np
import pytest

from study.parts.tasks import task_problems
from study.parts.tasks.data import Labels
from study.parts.tasks.labelling import encode_array
from study.parts.tasks.ordering import ordered
from study.parts.tasks.shared_data import share_data
from study.values.problems import InputError
from study.values.spec import TaskSpec


def task(**changes):
    return TaskSpec.model_validate(
        {"name": "grade", "data": "table:t.csv", "target": "g", "kind": "ordinal", **changes}
    )


def written(tmp_path, values):
    (tmp_path / "t.csv").write_text("\n".join(["x,g", *(f"{n / 7},{value}" for n, value in enumerate(values))]))


def messages(tmp_path, spec):
    return [(one.location[2:], one.message) for one in task_problems([spec], seed=0, root=tmp_path)]


def test_whole_numbers_have_their_own_order(tmp_path):
    written(tmp_path, [10, 9, -1, "", 100] * 12)
    assert not messages(tmp_path, task())
    found = share_data(task(), ["g"], split_seed=0, root=tmp_path).task(task())
    assert found.classes == ("-1", "9", "10", "100")
    assert found.labels[:5].tolist() == [2, 1, 0, -1, 3]
    assert found.output_width == 3
    # A data set's own order of such names does not count.
    turned = ordered(Labels(values=np.array([0, 1, -1]), classes=("3", "1")), (), "g")
    assert (turned.classes, turned.values.tolist()) == (("1", "3"), [1, 0, -1])


def test_names_have_the_order_that_the_spec_gives(tmp_path):
    written(tmp_path, ["mid", "low", "", "high"] * 15)
    spec = task(classes=["low", "mid", "high", "top"])
    assert not messages(tmp_path, spec)
    found = share_data(spec, ["g"], split_seed=0, root=tmp_path).task(spec)
    assert found.labels[:4].tolist() == [1, 0, -1, 2]
    assert found.classes == ("low", "mid", "high", "top")
    numbers = task(classes=[3, 2, 1])
    written(tmp_path, [1, 2, 3] * 20)
    assert share_data(numbers, ["g"], split_seed=0, root=tmp_path, fresh=True).task(numbers).labels[:3].tolist() == [
        2,
        1,
        0,
    ]


def test_what_has_no_order_is_refused_with_what_would_do(tmp_path):
    written(tmp_path, ["mid", "low", "high"] * 15)
    for changes, key, told in (
        ({}, "classes", "('high', 'low', 'mid'); classes: [lowest, ...]"),
        ({"classes": ["low", "high"]}, "classes", "has classes that are not in its order: 'mid'"),
    ):
        [(place, message)] = messages(tmp_path, task(**changes))
        assert told in message
        assert place == (key,)
    written(tmp_path, [0.5, 1, 2] * 15)
    [(place, message)] = messages(tmp_path, task())
    assert "0.5 is a number with a fraction" in message


def test_a_minus_one_that_was_read_as_no_label_is_never_dropped_in_silence():
    whole = encode_array(np.array([-2, -1, 0, 1]), what="g")
    with pytest.raises(InputError, match="in which -1 means no label"):
        ordered(whole, (), "g")
    with pytest.raises(InputError, match="in which -1 means no label"):
        ordered(encode_array(np.array([-1, 0, 1]), what="g"), ("-1", "0", "1"), "g")
    assert ordered(encode_array(np.array([-1, 0, 1]), what="g"), (), "g").classes == ("0", "1")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kind": "classification", "classes": ["a", "b"]}, "classes put those of kind: ordinal in an order"),
        ({"classes": ["a"]}, "classes has only 'a'"),
        ({"classes": ["a", "b", "a"]}, "class given twice: a"),
        ({"metric": "balanced_accuracy"}, "metric balanced_accuracy is not for kind ordinal"),
    ],
)
def test_a_spec_that_does_not_fit_its_kind_is_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        task(**changes)
    assert task().metric == "quadratic_kappa"
