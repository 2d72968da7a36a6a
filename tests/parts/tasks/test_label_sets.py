"""Any number of labels an example: coded by the sets that occur, from matrices and columns, split by label, refused."""

import gzip
import json
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from study.parts.tasks import task_problems
from study.parts.tasks.data import MISSING, Labels
from study.parts.tasks.label_sets import coded_sets, decoded_sets
from study.parts.tasks.labelling import encode_array, encode_labels, merge_labels
from study.parts.tasks.loading import load_data
from study.parts.tasks.shared_data import share_data
from study.parts.tasks.splits import split_examples
from study.values.problems import InputError
from study.values.spec import SplitSpec, TaskSpec

TABLE = ["x,a,b,split"]
TABLE += [f"{n / 7},{n % 2},{'' if n % 5 == 0 else int(n % 3 == 0)},train" for n in range(40)]


def task(**changes):
    whole = {"name": "tags", "data": "table:t.csv", "kind": "multi_label", "labels": ["a", "b"]}
    return TaskSpec.model_validate({**whole, "options": {"leave_out": ["split"]}, **changes})


def messages(tmp_path, *specs):
    return [(one.location[2:], one.message) for one in task_problems(specs, seed=0, root=tmp_path)]


def test_sets_come_back_and_an_example_of_which_nothing_is_known_is_missing():
    matrix = np.array([[1, 0, 1], [np.nan, 0, 0], [np.nan] * 3, [1, 0, 1], [0, 0, 0]])
    codes, sets = coded_sets(matrix, what="tags")
    assert (codes == MISSING).tolist() == [False, False, True, False, False]
    assert codes[0] == codes[3] != codes[4]
    np.testing.assert_array_equal(decoded_sets(codes, sets), np.nan_to_num(matrix, nan=-1))
    np.testing.assert_array_equal(coded_sets(np.nan_to_num(matrix, nan=-1).astype(int), what="tags")[0], codes)
    assert encode_array(matrix[:, :2] == 1, what="tags").classes == ("0", "1")


@pytest.mark.parametrize(
    ("matrix", "told"),
    [
        ([[0, 1], [2, 0]], "tags, example 1, label 0: 2; 1 is present, 0 absent"),
        ([[0.5]], "example 0, label 0: 0.5"),
        ([["a"]], "of shape"),
        (np.zeros((3, 0)), r"shape \(3, 0\)"),
    ],
)
def test_what_is_no_set_of_labels_is_refused(matrix, told):
    with pytest.raises(InputError, match=told):
        coded_sets(np.array(matrix), what="tags")
    with pytest.raises(InputError, match="1 distinct names for 2 labels"):
        Labels.of_matrix(np.eye(2), ["a", "a"])


def test_parts_of_data_are_joined_by_what_their_codes_mean():
    parts = [Labels.of_matrix([[1, 1], [0, 0]]), Labels.of_matrix([[1, 0], [-1, -1], [0, 0]])]
    joined = merge_labels(parts)
    assert decoded_sets(joined.values, joined.sets).tolist() == [[1, 1], [0, 0], [1, 0], [-1, -1], [0, 0]]
    with pytest.raises(InputError, match="different labels: 0, 1 and one class an example"):
        merge_labels([parts[0], encode_array(np.array([0, 1]), what="y")])


def test_columns_of_a_table_are_labels_and_no_inputs(tmp_path):
    (tmp_path / "t.csv").write_text("\n".join(TABLE))
    spec = task()
    assert not messages(tmp_path, spec)
    data = share_data(spec, spec.targets, split_seed=0, root=tmp_path)
    found = data.task(spec)
    assert found.classes == ("a", "b")
    assert data.inputs.columns == ("x",)
    rows = found.readable(found.labels)
    assert rows[:4].tolist() == [[0, -1], [1, 0], [0, 0], [1, 1]]
    # Beside them each may be a task of its own, on the same split.
    alone = task(name="a", kind="classification", labels=[], target="a")
    assert not messages(tmp_path, spec, alone)


def test_texts_have_columns_of_labels_too(tmp_path):
    lines = [f"text {n},{'true' if n % 2 else 'false'},{'TRUE' if n % 3 else ''}" for n in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["text,a,b", *lines]))
    spec = task(data="texts:t.csv", options={}, labels=["a"])
    assert not messages(tmp_path, spec)
    assert messages(tmp_path, task(data="texts:t.csv", options={})) == [
        (("target",), "target 'tags': every example of train has the label 'b'; leave it out")
    ]


def test_lists_are_labels_by_name_or_by_place(tmp_path):
    lists = [["b"], ["a", "b"], [], None, [10, "a"]]
    named = encode_labels(lists, what="tags")
    assert named.classes == ("10", "a", "b")
    entries = decoded_sets(named.values, named.sets).tolist()
    assert entries == [[0, 0, 1], [0, 1, 1], [0, 0, 0], [-1, -1, -1], [1, 1, 0]]
    placed = encode_labels([[0, 1, 1], None, [0, 0, 0]], what="tags")
    assert decoded_sets(placed.values, placed.sets).tolist() == [[0, 1, 1], [-1, -1, -1], [0, 0, 0]]
    assert encode_labels([[3], [5, 10]], what="tags").classes == ("3", "5", "10")
    for values, told in (
        ([["a"], "b"], "tags, example 1: 'b' is no list of labels"),
        ([["a", "a"]], "names a label twice"),
        ([["a", None]], "holds none where one should be"),
        ([[0.5]], "0.5 is a number with a fraction"),
        ([[], []], "every list is empty"),
    ):
        with pytest.raises(InputError, match=told):
            encode_labels(values, what="tags")
    rows = [{"text": f"text {n}", "tags": ["odd"] * (n % 2) + ["third"] * (n % 3 == 0)} for n in range(40)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, rows)))
    spec = task(data="texts:t.jsonl", options={}, labels=[], target="tags")
    assert not messages(tmp_path, spec)
    assert (
        "has any number of labels"
        in messages(tmp_path, task(data="texts:t.jsonl", options={}, labels=[], target="tags", kind="ordinal"))[0][1]
    )


def test_lists_of_class_labels_of_datasets_have_their_names(tmp_path):
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({
        "text": datasets.Value("string"), "tags": datasets.Sequence(datasets.ClassLabel(names=["odd", "third"]))
    })  # fmt: skip
    rows = {"text": [f"text {n}" for n in range(40)], "tags": [[0] * (n % 2) + [1] * (n % 3 == 0) for n in range(40)]}
    datasets.Dataset.from_dict(rows, features=features).save_to_disk(str(tmp_path / "saved"))
    found = load_data("huggingface:saved", {}, ["tags"], root=tmp_path).labels["tags"]
    assert found.classes == ("odd", "third")
    assert decoded_sets(found.values, found.sets)[:4].tolist() == [[0, 1], [1, 0], [0, 0], [1, 1]]


def test_labels_of_another_kind_are_refused_with_what_would_do(tmp_path):
    lines = [f"{n / 7},{n % 3},{n % 2},{n / 3}" for n in range(40)]
    (tmp_path / "t.csv").write_text("\n".join(["x,a,b,c", *lines]))
    np.savez(tmp_path / "d.npz", rows=np.eye(40), m=np.eye(40)[:, :2], y=np.arange(40) % 2)
    matrix = {"data": "arrays:d.npz", "labels": [], "options": {}}
    for spec, key, told in (
        (task(options={}), "labels", "'a' has other values, '2'; a label is 1 where an example has it, else 0"),
        (task(options={}, labels=["c", "b"]), "labels", "is a number with a fraction"),
        (task(options={}, labels=["b", "d"]), "labels", "unknown target of t.csv 'd'"),
        (task(options={}, labels=[], target="b"), "target", "name their columns of 0 and 1 as labels: [...]"),
        (task(**matrix, target="m", kind="classification"), "target", "kind: multi_label"),
        (task(**matrix, target="m", kind="regression"), "target", "is a matrix; give one number an example"),
        (task(**{**matrix, "labels": ["m", "y"]}), "labels", "'m' is a matrix, several labels already"),
        (task(**matrix, target="m", limit=10), "target", "no example of train has the label"),
    ):
        found = messages(tmp_path, spec)
        assert any(told in message and place == (key,) for place, message in found), found


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"kind": "classification"}, "labels are several an example: kind: multi_label, not classification"),
        ({"target": "a"}, "target a and labels are both given"),
        ({"labels": ["a", "a"]}, "label given twice: a"),
        ({"metric": "accuracy"}, "metric accuracy is not for kind multi_label; allowed: loss, macro_f1"),
        ({"out_of_distribution": [{"name": "o", "data": "table:o.csv"}]}, "which kind multi_label has not"),
    ],
)
def test_a_spec_that_does_not_fit_its_kind_is_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        task(**changes)


def test_the_default_metric_is_mean_average_precision():
    assert task().metric == "mean_average_precision"


@pytest.mark.skipif(find_spec("river") is None, reason="the package needs Python 3.11")
def test_genes_of_yeast_are_what_the_file_holds():
    data = load_data("yeast", {}, [None], root=Path())
    found = data.labels["functions"]
    assert data.inputs.array.shape == (2417, 103)
    rows = decoded_sets(found.values, found.sets)
    # As published: 2,417 examples, 14 labels, 4.237 labels an example, 198 distinct sets.
    assert rows.shape == (2417, 14)
    assert rows.sum() / len(rows) == pytest.approx(4.237, abs=5e-4)
    assert len(found.sets) == 198
    with gzip.open(Path(find_spec("river").origin).parent / "datasets" / "yeast.csv.gz", "rt") as file:
        last = file.read().splitlines()[-1].split(",")
    assert data.inputs.read(2416).tolist() == pytest.approx([float(value) for value in last[:103]], rel=1e-6)
    assert rows[-1].tolist() == [int(value) for value in last[103:]]


def test_every_label_gets_its_share_of_every_split():
    rng = np.random.default_rng(0)
    labels = Labels.of_matrix(rng.random((2000, 6)) < [0.5, 0.3, 0.2, 0.1, 0.05, 0.4])
    entries = decoded_sets(labels.values, labels.sets)
    splits = split_examples([labels], None, SplitSpec(), None, seed=1)
    drawn = rng.permutation(2000)[: len(splits.test)]
    by_chance = np.abs(entries[drawn].mean(axis=0) - entries.mean(axis=0)).mean()
    for positions in (splits.validation, splits.test):
        assert np.abs(entries[positions].mean(axis=0) - entries.mean(axis=0)).mean() < by_chance / 2
    assert split_examples([labels], None, SplitSpec(), None, seed=1).test.tolist() == splits.test.tolist()
