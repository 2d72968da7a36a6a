"""Rows of numbers are read from tables, arrays and functions; what is missing is refused with its place."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.datasets import load_breast_cancer, load_wine

from study.parts.tasks.checking import task_problems
from study.parts.tasks.data import MISSING
from study.values.input_kind import InputKind
from study.values.problems import InputError
from study.values.spec import TaskSpec

TABLE = "age,weight,note,kind,ill,part\n30,1.5,x,a,0,train\n41,2.5,y,b,1,test\n52,-3,z,,1,val\n"


@pytest.fixture
def write(tmp_path):
    def write(text: str) -> str:
        (tmp_path / "data.csv").write_text(text)
        return "table:data.csv"

    return write


def messages(raised) -> str:
    return "\n".join(problem.message for problem in raised.value.problems)


def test_features_are_the_columns_that_are_neither_targets_nor_split_nor_left_out(write, load):
    data = load(write(TABLE), ("kind", "ill"), split_column="part", leave_out=["note"])
    assert data.inputs.kind is InputKind.TABLE
    assert data.inputs.columns == ("age", "weight")
    rows = torch.stack([data.inputs.read(index) for index in range(3)])
    assert torch.equal(rows, torch.tensor([[30.0, 1.5], [41.0, 2.5], [52.0, -3.0]]))
    assert data.labels["kind"].values.tolist() == [0, 1, MISSING]
    assert data.split is not None
    assert data.split.tolist() == ["train", "test", "validation"]


def test_named_features_leave_labels_of_other_tasks_out(write, load):
    data = load(write(TABLE), ("kind",), features=["weight", "age"])
    assert data.inputs.columns == ("weight", "age")
    assert data.inputs.read(1).tolist() == [2.5, 41.0]


def test_parquet_reads_as_csv_does(tmp_path, write, load):
    import pyarrow as pa
    from pyarrow import parquet

    parquet.write_table(
        pa.table({"age": [30, 41, 52], "weight": [1.5, 2.5, -3.0], "ill": [0, 1, 1]}), tmp_path / "d.parquet"
    )
    options = {"split_column": "part", "leave_out": ["note", "kind"]}
    of_csv = load(write(TABLE), ("ill",), **options).inputs
    assert load("table:d.parquet", ("ill",)).inputs.digest == of_csv.digest


def test_what_is_no_number_or_missing_is_refused_with_its_place(write, load):
    with pytest.raises(InputError) as raised:
        load(write(TABLE), ("ill",))
    assert "data.csv column 'note', row 1: 'x' is no number" in messages(raised)
    assert "data.csv column 'kind', row 1" in messages(raised)
    with pytest.raises(InputError) as raised:
        load(write("a,b,y\n1,2,0\n,inf,1\n1e39,2,1\n"), ("y",))
    assert "3 values of it are missing, infinite" in messages(raised)
    assert "data.csv row 2, column 'a'; data.csv row 2, column 'b'; data.csv row 3, column 'a'" in messages(raised)
    with pytest.raises(InputError) as raised:
        load(write(TABLE), ("ill",), features=["agee"], split_column="art")
    assert "'agee'" in messages(raised)
    assert "'art'" in messages(raised)


def test_arrays_and_functions_give_rows(tmp_path, load):
    rows = np.arange(8, dtype=np.float64).reshape(4, 2)
    np.savez(tmp_path / "d.npz", rows=rows, y=[0, 1, 0, 1])
    (tmp_path / "own_rows.py").write_text(
        "import numpy as np\n"
        "ROWS = np.arange(8.0).reshape(4, 2)\n"
        "def whole(): return ROWS, np.array([0, 1, 0, 1])\n"
        "def torn(): return {'train': (ROWS[:2], [0, 1]), 'test': (ROWS[2:, :1], [0, 1])}\n"
        "def parts(): return {'train': (ROWS[:2], [0, 1]), 'test': (ROWS[2:], [0, 1])}\n"
    )
    of_file, whole = load("arrays:d.npz"), load("own_rows.py:whole")
    assert of_file.inputs.digest == whole.inputs.digest
    parts = load("own_rows.py:parts")
    assert parts.inputs.kind is InputKind.TABLE
    assert parts.inputs.read(3).tolist() == rows[3].tolist()
    with pytest.raises(InputError, match="different inputs: rows of numbers of 2 and rows of numbers of 1"):
        load("own_rows.py:torn")
    np.savez(tmp_path / "d.npz", rows=rows, images=np.zeros((4, 2, 2), np.uint8), y=[0, 1, 0, 1])
    with pytest.raises(InputError, match="both images and rows"):
        load("arrays:d.npz")


@pytest.mark.parametrize(("name", "target", "read"), [
    ("breast_cancer", "diagnosis", load_breast_cancer),
    ("wine", "cultivar", load_wine),
])  # fmt: skip
def test_built_in_tables_are_those_of_scikit_learn(name, target, read, load):
    data, expected = load(name), read()
    assert torch.equal(data.inputs.read(5), torch.from_numpy(expected.data[5].astype(np.float32)))
    assert data.labels[target].values.tolist() == expected.target.tolist()
    assert data.labels[target].classes == tuple(expected.target_names)


def test_rows_of_another_length_out_of_distribution_are_refused(tmp_path):
    for name, columns in (("own", "a,b,y"), ("other", "a,b,c,y")):
        rows = [",".join(str((n * k) % 5) for k in range(1, columns.count(",") + 1)) + f",{n % 2}" for n in range(40)]
        (tmp_path / f"{name}.csv").write_text("\n".join([columns, *rows]))
    other = {"name": "other", "data": "table:other.csv", "target": "y"}
    own = {"name": "y", "data": "table:own.csv", "target": "y", "out_of_distribution": [other]}
    [problem] = task_problems([TaskSpec.model_validate(own)], seed=0, root=tmp_path)
    assert "rows of table:other.csv have 3 numbers, those trained on 2" in problem.message
    other["options"] = {"leave_out": ["c"]}
    problems = task_problems([TaskSpec.model_validate(own)], seed=0, root=tmp_path)
    assert not any("numbers, those trained on" in problem.message for problem in problems)


def test_a_target_of_another_task_never_becomes_an_input_unsaid(tmp_path):
    rows = [f"{n % 7},{n % 2},{n % 2 + 2}" for n in range(200)]
    (tmp_path / "two.csv").write_text("\n".join(["a,one,two", *rows]))
    tasks = [{"name": name, "data": "table:two.csv", "target": name} for name in ("one", "two")]

    def problems(**changes):
        specs = [TaskSpec.model_validate(spec) for spec in ({**tasks[0], **changes}, tasks[1])]
        return [problem.message for problem in task_problems(specs, seed=0, root=tmp_path)]

    assert not problems()
    first, second = problems(limit=100)
    assert "its inputs would hold 'two', the target of task two" in first
    assert "its inputs would hold 'one', the target of task one" in second


def test_data_out_of_distribution_is_of_the_same_kind(tmp_path):
    (tmp_path / "texts.csv").write_text("\n".join(["text,digit", *(f"a text {n},{n % 10}" for n in range(40))]))
    other = {"name": "other", "data": "texts:texts.csv", "target": "digit", "options": {"text_column": "text"}}
    own = {"name": "digit", "data": "digits", "target": "digit", "out_of_distribution": [other]}
    [problem] = task_problems([TaskSpec.model_validate(own)], seed=0, root=tmp_path)
    assert "texts:texts.csv holds texts, but the task is on images" in problem.message
