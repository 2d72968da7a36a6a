"""Texts from tables, Hugging Face datasets, GLUE's files and the Reuters package."""

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from study.parts.tasks import MISSING, Texts
from study.parts.tasks.loading import load_data
from study.parts.tasks.sources.glue import GLUE
from study.values.input_kind import InputKind
from study.values.problems import InputError
from study.values.spec.reading import read_spec

ROWS = [
    {"text": "good, and long", "label": "pos", "stars": 5, "part": "train"},
    {"text": 'a "dull" one\nof two lines', "label": "neg", "stars": 1, "part": "train"},
    {"text": "fine", "label": "pos", "stars": 4, "part": "val"},
    {"text": "Ünïcode 😀", "label": "", "stars": 1, "part": "test"},
]


def as_csv(path, rows):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def as_jsonl(path, rows):
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")


def as_parquet(path, rows):
    pd.DataFrame(rows).to_parquet(path)


WRITERS = {"csv": as_csv, "jsonl": as_jsonl, "parquet": as_parquet}


def load(data, root, targets=("label",), **options):
    return load_data(data, options, list(targets), root=root, fresh=True)


def texts(loaded):
    return [loaded.inputs.read(index) for index in range(len(loaded.inputs))]


@pytest.mark.parametrize("suffix", WRITERS)
def test_a_table_gives_texts_labels_and_splits_whatever_its_format(suffix, tmp_path):
    WRITERS[suffix](tmp_path / f"rows.{suffix}", ROWS)
    loaded = load(f"texts:rows.{suffix}", tmp_path, ["label", "stars"], split_column="part")
    assert isinstance(loaded.inputs, Texts)
    assert loaded.inputs.kind is InputKind.TEXT
    assert texts(loaded) == [(row["text"],) for row in ROWS]
    assert loaded.labels["label"].classes == ("neg", "pos")
    assert loaded.labels["label"].values.tolist() == [1, 0, 1, MISSING]
    assert loaded.labels["stars"].classes == ("1", "4", "5")
    assert loaded.split.tolist() == ["train", "train", "validation", "test"]
    assert loaded.inputs.place(2) == "row 3"


def test_the_digest_is_of_the_texts_whatever_their_format(tmp_path):
    digests = set()
    for suffix, write in WRITERS.items():
        write(tmp_path / f"rows.{suffix}", ROWS)
        digests.add(load(f"texts:rows.{suffix}", tmp_path).inputs.digest)
    assert len(digests) == 1
    joined = [{**row, "text": row["text"].replace(" ", "")} for row in ROWS]
    as_csv(tmp_path / "other.csv", joined)
    assert load("texts:other.csv", tmp_path).inputs.digest not in digests


def test_two_columns_make_pairs(tmp_path):
    as_csv(tmp_path / "pairs.csv", [{"a": "one", "b": "two", "label": 0}, {"a": "one", "b": "three", "label": 1}])
    loaded = load("texts:pairs.csv", tmp_path, text_columns=["b", "a"])
    assert texts(loaded) == [("two", "one"), ("three", "one")]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"text_column": "txet"}, "unknown column of rows.csv 'txet' (did you mean text?)"),
        ({"text_columns": ["text", "label", "part"]}, "3 columns of texts; an example is one text or a pair of two"),
        ({"split_column": "trt"}, "unknown column of rows.csv 'trt'"),
        ({"split_column": "label"}, "values name no split"),
        ({"text_column": "label"}, "1 without a text: row 4"),
        ({"duplicates": "maybe"}, "option 'duplicates' of texts is 'maybe'"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(options, said, tmp_path):
    as_csv(tmp_path / "rows.csv", ROWS)
    with pytest.raises(InputError, match=r".") as caught:
        load("texts:rows.csv", tmp_path, **{"targets": ["stars"], **options})
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"text": "a"}\n{"text": "b", "more": 1}', "line 2: keys text, more, but the first has text"),
        ('{"text": "a"}\n[1]', "line 2: a list; each line is an object"),
        ('{"text": ', "line 1: "),
        ("", "has no rows"),
    ],
)
def test_what_is_wrong_with_jsonl_is_said_with_its_line(content, said, tmp_path):
    (tmp_path / "rows.jsonl").write_text(content)
    with pytest.raises(InputError) as caught:
        load("texts:rows.jsonl", tmp_path)
    assert said in str(caught.value)


TWICE = [
    {"text": "same", "label": 0, "part": "train"},
    {"text": "other", "label": 1, "part": "train"},
    {"text": "same", "label": 1, "part": "test"},
    {"text": "other", "label": 0, "part": "train"},
]


def test_a_text_that_could_be_trained_and_tested_on_is_refused_dropped_or_kept(tmp_path):
    as_csv(tmp_path / "rows.csv", TWICE)
    with pytest.raises(InputError) as caught:
        load("texts:rows.csv", tmp_path)
    assert (
        "2 texts stand in several rows and could be both trained and tested on: row 1 and row 3; row 2 and row 4"
        in (str(caught.value))
    )
    with pytest.raises(InputError, match=r"1 texts stand in several rows .* row 1 and row 3"):
        load("texts:rows.csv", tmp_path, split_column="part")  # row 2 and row 4 are in one split
    dropped = load("texts:rows.csv", tmp_path, split_column="part", duplicates="drop")
    assert [dropped.inputs.place(index) for index in range(3)] == ["row 2", "row 3", "row 4"]
    assert dropped.split.tolist() == ["train", "test", "train"]
    assert dropped.labels["label"].values.tolist() == [1, 1, 0]
    assert texts(load("texts:rows.csv", tmp_path, duplicates="drop")) == [("same",), ("other",)]
    assert len(load("texts:rows.csv", tmp_path, duplicates="keep").inputs) == 4


def test_datasets_saved_to_disk_are_read_with_their_splits_and_class_names(tmp_path):
    from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

    features = Features({"text": Value("string"), "label": ClassLabel(names=["neg", "pos"])})
    parts = {"train": (["a", "b"], [1, 0]), "validation": (["c"], [1]), "test": (["d"], [-1])}
    whole = {
        name: Dataset.from_dict({"text": lines, "label": labels}, features=features)
        for name, (lines, labels) in parts.items()
    }
    DatasetDict({**whole, "unsupervised": whole["test"]}).save_to_disk(tmp_path / "all")
    loaded = load("huggingface:all", tmp_path)
    assert texts(loaded) == [("a",), ("b",), ("c",), ("d",)]
    assert loaded.labels["label"].classes == ("neg", "pos")
    assert loaded.labels["label"].values.tolist() == [1, 0, 1, MISSING]
    assert loaded.split.tolist() == ["train", "train", "validation", "test"]
    whole["train"].save_to_disk(tmp_path / "one")
    assert load("huggingface:one", tmp_path).split is None


def test_a_folder_without_data_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"cannot load empty with datasets: EmptyDatasetError: "):
        load("huggingface:empty", tmp_path)


OWN = """
def texts(): return ["good", "bad"], ["pos", "neg"]
def pairs(): return {"train": ([("a", "b"), ("c", "d")], {"same": [0, 1]}), "test": ([("e", "f")], {"same": [1]})}
def triples(): return [("a", "b", "c")], [0]
def mixed(): return ["a", 3], [0, 1]
"""


def test_a_persons_own_function_may_return_texts(tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    assert texts(load("mine.py:texts", tmp_path)) == [("good",), ("bad",)]
    pairs = load("mine.py:pairs", tmp_path, ["same"])
    assert texts(pairs) == [("a", "b"), ("c", "d"), ("e", "f")]
    assert pairs.inputs.kind is InputKind.TEXT
    assert pairs.split.tolist() == ["train", "train", "test"]
    for wrong in ("triples", "mixed"):
        with pytest.raises(InputError, match=r"some are neither a str nor a tuple of two; return \(images, labels\)"):
            load(f"mine.py:{wrong}", tmp_path)


GLUE_FILES = {
    "CoLA": "gj04\t1\t\tThe sailors rode.\ngj04\t0\t*\tThe sailors\trode.\n",
    "SST-2": 'sentence\tlabel\nan "odd quote \t1\ndull \t0\n',
    "MRPC": "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\n1\t10\t11\tOne.\tTwo.\n0\t12\t13\tThree.\tFour.\n",
    "QQP": "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n1\t2\t3\tOne?\tTwo?\t0\nbroken\n4\t5\t6\tA?\tB?\t1\n",
    "MNLI": "index\tpromptID\tpairID\tgenre\tsentence1\tsentence2\tlabel1\tgold_label\n"
    "0\t1\t1e\tg\tOne.\tTwo.\tentailment\tentailment\n1\t2\t2n\tg\tA.\tB.\tneutral\t-\n",
    "QNLI": "index\tquestion\tsentence\tlabel\n0\tOne?\tTwo.\tentailment\n1\tA?\tB.\tnot_entailment\n",
    "RTE": "index\tsentence1\tsentence2\tlabel\n0\tOne.\tTwo.\tentailment\n1\tA.\tB.\tnot_entailment\n",
    "WNLI": "index\tsentence1\tsentence2\tlabel\n0\tOne.\tTwo.\t1\n1\tA.\tB.\t0\n",
}
"""Two examples of each task as GLUE distributes them: columns, order and lack of quoting are its own."""


def write_glue(folder: Path) -> None:
    for name, content in GLUE_FILES.items():
        (folder / name).mkdir(parents=True)
        header = "" if name == "CoLA" else content.partition("\n")[0] + "\n"
        more = content.removeprefix(header).replace(".", "!").replace("?", "!").replace("d", "D")
        (folder / name / "train.tsv").write_text(content, encoding="utf-8")
        for file in ("dev_matched.tsv", "dev_mismatched.tsv") if name == "MNLI" else ("dev.tsv",):
            (folder / name / file).write_text(header + more, encoding="utf-8")


@pytest.mark.parametrize("task", sorted(GLUE))
def test_a_task_of_glue_reads_its_own_files(task, tmp_path):
    write_glue(tmp_path / "GLUE")
    loaded = load(f"glue:{task}", tmp_path, folder="GLUE")
    labels = loaded.labels["label"]
    assert {len(text) for text in texts(loaded)} == {1 if task in ("cola", "sst2") else 2}
    assert loaded.split.tolist() == ["train", "train", "test", "test"]
    assert len(labels.classes) == 2 if task != "mnli" else labels.classes == ("entailment",)
    if task == "cola":
        assert texts(loaded)[:2] == [("The sailors rode.",), ("The sailors",)]
        assert labels.values.tolist() == [1, 0, 1, 0]
    if task == "sst2":
        assert texts(loaded)[0] == ('an "odd quote ',)
    if task == "mnli":
        assert labels.values.tolist() == [0, MISSING, 0, MISSING]
        assert len(load("glue:mnli", tmp_path, folder="GLUE", mnli="mismatched").inputs) == 4


def test_what_is_wrong_with_glue_is_said(tmp_path):
    write_glue(tmp_path / "glue")
    (tmp_path / "glue" / "RTE" / "train.tsv").write_text("index\tsentence1\tlabel\n")
    (tmp_path / "glue" / "WNLI" / "dev.tsv").unlink()
    for data, said in {
        "glue:stsb": "is left out: how alike its sentences are is a number from 0 to 5",
        "glue:sst": "unknown task of GLUE 'sst' (did you mean sst2?)",
        "glue:rte": "has no column sentence2; found: index, sentence1, label",
        "glue:wnli": "dev.tsv; `folder` is where the folders of GLUE's tasks are",
    }.items():
        with pytest.raises(InputError) as caught:
            load(data, tmp_path)
        assert said in str(caught.value)


def test_reuters_r8_has_its_eight_topics_and_no_text_in_both_splits(tmp_path):
    loaded = load("reuters_r8", tmp_path, [None])
    topics = ("acq", "crude", "earn", "grain", "interest", "money-fx", "ship", "trade")
    assert loaded.labels["topic"].classes == topics
    # 5,485 for training and 2,189 for testing (Cardoso-Cachopo, 2007, table 2.4), less those of train that are in test.
    counts = dict(zip(*np.unique(loaded.split, return_counts=True), strict=True))
    assert counts["test"] == 2189
    assert 5475 <= counts["train"] <= 5485
    train, test = ({texts(loaded)[i] for i in np.flatnonzero(loaded.split == split)} for split in ("train", "test"))
    assert not train & test
    assert "research" in loaded.licence


def test_the_suite_names_every_classification_task_of_glue(tmp_path):
    spec = read_spec(Path(__file__).parents[3] / "scripts" / "glue.yaml")
    assert {task.data.partition(":")[2] for task in spec.tasks} == set(GLUE)
    write_glue(tmp_path / "glue")
    for task in spec.tasks:
        loaded = load_data(task.data, task.options, [task.target], root=tmp_path, fresh=True)
        assert set(loaded.labels) == {"label"}
