"""Numbers as labels: kept to the last bit, split by tenths, refused where a task wants classes."""

import numpy as np
import pytest

from study.parts.tasks.checking import task_problems
from study.parts.tasks.data import MISSING, Labels
from study.parts.tasks.labelling import as_numbers, encode_array, merge_labels
from study.parts.tasks.numbers import coded, decoded
from study.parts.tasks.shared_data import share_data
from study.parts.tasks.splits import split_examples
from study.values.problems import InputError
from study.values.spec import SplitSpec, TaskSpec


def task(**changes):
    return TaskSpec.model_validate(
        {"name": "y", "data": "arrays:d.npz", "target": "y", "kind": "regression", **changes}
    )


def share(tmp_path, y, **changes):
    np.savez(tmp_path / "d.npz", rows=np.arange(2.0 * len(y)).reshape(-1, 2), y=y)
    spec = task(**changes)
    return spec, share_data(spec, ["y"], ["y"] if spec.kind == "regression" else [], split_seed=0, root=tmp_path)


def test_numbers_come_back_to_the_last_bit_and_none_of_them_is_missing():
    numbers = np.array([-1.0, 0.0, -0.0, 1e-310, 1 / 3, 1.7e308, np.nan])
    labels = coded(numbers)
    assert decoded(labels).tobytes()[:48] == numbers.tobytes()[:48]
    assert (labels == MISSING).tolist() == [False] * 6 + [True]
    with pytest.raises(InputError, match="example 1: inf"):
        coded([0.0, np.inf])


def test_whole_numbers_taken_for_classes_are_numbers_again():
    labels = as_numbers(encode_array(np.array([30.0, -2.0, np.nan, 7.0]), what="y"), what="y")
    assert decoded(labels.values).tolist()[:2] == [30.0, -2.0]
    assert labels.values[2] == MISSING
    with pytest.raises(InputError, match="y is to be predicted as a number, but has other values"):
        as_numbers(encode_array(np.array(["1", "b"]), what="y"), what="y")


def test_a_minus_one_that_was_read_as_no_label_is_never_dropped_in_silence():
    whole = encode_array(np.array([-2, -1, 0, 3]), what="y")
    for labels in (whole, merge_labels([encode_array(np.array([4, 5]), what="y"), whole])):
        with pytest.raises(InputError, match="in which -1 means no label; give floats, with NaN for none"):
            as_numbers(labels, what="y")
    assert decoded(as_numbers(encode_array(np.array([-2.0, -1.0, 0.0]), what="y"), what="y").values).min() == -2


@pytest.mark.parametrize("duplicates", ["drop", "keep"])
def test_texts_have_numbers_as_labels(tmp_path, duplicates):
    rows = [f"text {n},{n / 2}" for n in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["text,score", *rows, rows[0]]))
    options = {"text_column": "text", "duplicates": duplicates}
    spec = task(data="texts:t.csv", target="score", options=options)
    assert not task_problems([spec], seed=0, root=tmp_path)
    data = share_data(spec, ["score"], ["score"], split_seed=0, root=tmp_path)
    assert decoded(data.labels["score"].values).max() == 19.5


def test_parts_of_which_one_happens_to_hold_whole_numbers_are_joined():
    whole, fractions = (encode_array(np.array(values), what="y") for values in ([3.0, 1.0], [0.5, 2.0]))
    assert decoded(merge_labels([whole, fractions]).values).tolist() == [3.0, 1.0, 0.5, 2.0]


def test_every_tenth_of_the_numbers_gets_its_share_of_every_split():
    numbers = np.random.default_rng(0).lognormal(size=1000)
    splits = split_examples([Labels.of_numbers(numbers)], None, SplitSpec(), None, seed=1)
    tenth = np.argsort(np.argsort(numbers)) // 100
    for positions, share in ((splits.train, 60), (splits.validation, 20), (splits.test, 20)):
        assert np.abs(np.bincount(tenth[positions], minlength=10) - share).max() <= 1
    again = split_examples([Labels.of_numbers(numbers)], None, SplitSpec(), None, seed=1)
    assert again.test.tolist() == splits.test.tolist()


def test_a_classification_of_numbers_is_refused_with_their_place_and_what_would_do(tmp_path):
    spec, data = share(tmp_path, [0.5, 1, 0, 1] * 10, kind="classification")
    [problem] = data.problems(spec)
    assert "example 0: 0.5 is a number with a fraction" in problem.message
    assert "kind: regression" in problem.message
    assert problem.location == ("target",)


def test_a_number_that_does_not_vary_is_refused(tmp_path):
    spec, data = share(tmp_path, [2.0] * 40)
    assert [problem.message for problem in data.problems(spec)] == [
        f"target 'y' has one value only in the {size} examples of {name}"
        for name, size in (("train", 24), ("validation", 8), ("test", 8))
    ]
