from __future__ import annotations

import pandas as pd
import pytest

from study.parts.tasks.data import MISSING
from study.values.problems import InputError


@pytest.fixture(params=["csv", "parquet"])
def write(request, tmp_path):
    """Write a table in both forms; returns the spec's `data`."""

    def write(columns: dict[str, list[object]], name: str = "labels") -> str:
        path = tmp_path / f"{name}.{request.param}"
        path.parent.mkdir(parents=True, exist_ok=True)
        frame = pd.DataFrame(columns)
        frame.to_csv(path, index=False) if request.param == "csv" else frame.to_parquet(path)
        return f"manifest:{path.relative_to(tmp_path).as_posix()}"

    return write


@pytest.fixture
def four(paint):
    return [paint(f"images/{number}.png", number * 10) for number in range(4)]


def labels(data, target):
    return [None if code == MISSING else data.labels[target].classes[code] for code in data.labels[target].values]


def test_several_label_columns_are_several_targets(write, four, load):
    kinds = pd.array([10, 9, None, 9], dtype="Int64")
    table = {"image": four, "kind": kinds, "sort": ["b", "a", None, "b"], "good": [True, False, True, True]}
    data = load(write(table), targets=("kind", "sort", "good"))
    assert data.labels["kind"].classes == ("9", "10")
    assert labels(data, "kind") == ["10", "9", None, "9"]
    assert data.labels["sort"].classes == ("a", "b")
    assert labels(data, "sort") == ["b", "a", None, "b"]
    assert data.labels["good"].classes == ("False", "True")
    assert data.split is None
    assert data.inputs.read(3).unique().tolist() == [30]


def test_the_only_label_column_needs_no_name(write, four, load):
    assert labels(load(write({"image": four, "y": [0, 1, 1, 0]})), "y") == ["0", "1", "1", "0"]


def test_whole_numbers_written_as_fractions_are_whole(write, four, load):
    assert labels(load(write({"image": four, "y": [0.0, 1.0, float("nan"), 2.0]})), "y") == ["0", "1", None, "2"]


def test_columns_folder_and_split_may_be_named(write, four, load):
    table = {"file": [name.removeprefix("images/") for name in four], "y": list("abab"), "part": ["train", "val"] * 2}
    options = {"image_column": "file", "split_column": "part", "image_folder": "images"}
    data = load(write(table, name="elsewhere/labels"), **options)
    assert data.split.tolist() == ["train", "validation"] * 2
    assert data.inputs.read(1).unique().tolist() == [10]


def test_images_are_looked_for_beside_the_manifest(write, paint, load):
    paint("deep/a.png", 7)
    assert load(write({"image": ["a.png"], "y": ["x"]}, name="deep/labels")).inputs.read(0).unique().tolist() == [7]


def test_missing_files_are_told_together(write, four, load):
    gone = [f"gone{number}.png" for number in range(7)]
    with pytest.raises(InputError) as caught:
        load(write({"image": [*four, *gone], "y": list("abababababa")}))
    message = str(caught.value)
    assert "7 of 11 image files are missing" in message
    assert "gone0.png (labels." in message
    assert "row 5)" in message
    assert "gone4.png" in message
    assert "gone5.png" not in message
    assert "and 2 more" in message


def test_all_faults_are_told_at_once(write, four, load):
    table = {"image": [*four[:3], "gone.png"], "kind": list("abab"), "part": ["train", "tset", "test", "val"]}
    with pytest.raises(InputError) as caught:
        load(write(table), targets=("kidn",), split_column="part", image_folder=".")
    said = {problem.location: problem.message for problem in caught.value.problems}
    assert "did you mean kind" in said[("target", "kidn")]
    everything = str(caught.value)
    assert "'tset' (row 2); allowed: train, validation" in everything
    assert "1 of 4 image files are missing" in everything


@pytest.mark.parametrize(
    ("columns", "options", "words"),
    [
        ({"file": "abcd", "y": [0, 1, 1, 0]}, {}, "unknown column of labels.* 'image'"),
        ({"image": None, "y": "abab"}, {"split_column": "splt"}, "unknown column of labels.* 'splt'"),
        ({"image": None, "y": "abab", "z": "abab"}, {}, r"2 targets \(y, z\); name one"),
        ({"image": [None, "", "x", "y"], "y": "abab"}, {}, "2 without an image path: row 1, row 2"),
    ],
)
def test_columns_of_another_form_are_told(columns, options, words, write, four, load):
    table = {name: list(values) if values is not None else four for name, values in columns.items()}
    with pytest.raises(InputError, match=words):
        load(write(table), **options)


def test_an_image_in_two_rows_would_leak(write, four, load):
    table = {"image": [four[0], four[1], four[0]], "y": list("aba"), "part": ["train", "train", "test"]}
    with pytest.raises(InputError, match=r"images/0.png \(2 rows\)"):
        load(write(table), targets=("y",))
    with pytest.raises(InputError, match="several rows"):
        load(write(table), targets=("y",), split_column="part")
    assert len(load(write({**table, "part": ["train"] * 3}), targets=("y",), split_column="part").inputs) == 3


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("labels.csv", None, "no such file"),
        ("labels.tsv", b"image\ty\n", "ends in .csv or .parquet"),
        ("labels.csv", b"image,y\n", "has no rows"),
        ("labels.csv", b"", "has no rows"),
        ("labels.csv", b"image,y\na.png\n", "row 1: 1 values for 2 columns"),
        ("labels.csv", b"image,y,y\na.png,1,2\n", "two columns of the name 'y'"),
        ("labels.csv", b"image,y\n\xff.png,1\n", "cannot read .*labels.csv"),
        ("labels.parquet", b"no parquet", "cannot read .*labels.parquet"),
    ],
)
def test_files_of_another_form_are_told(name, content, words, tmp_path, load):
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=words):
        load(f"manifest:{name}")


def test_a_byte_order_mark_is_no_part_of_the_header(paint, tmp_path, load):
    paint("a.png")
    (tmp_path / "labels.csv").write_bytes("\ufeffimage,y\na.png,1\n".encode())
    assert load("manifest:labels.csv").labels["y"].classes == ("1",)


def test_leading_zeros_of_a_csv_are_kept(paint, tmp_path, load):
    paint("a.png")
    (tmp_path / "labels.csv").write_text("image,y\na.png,007\n")
    assert load("manifest:labels.csv").labels["y"].classes == ("007",)
