import pytest

from study.values.importing import check_options, is_reference, resolve
from study.values.problems import InputError


def test_a_function_in_a_file_beside_the_spec(tmp_path):
    (tmp_path / "mine.py").write_text("def build(): return 41")
    assert resolve("mine.py:build", root=tmp_path)() == 41


def test_a_function_in_a_package_beside_the_spec(tmp_path):
    package = tmp_path / "own_package_for_test"
    package.mkdir()
    (package / "models.py").write_text("def build(): return 42")
    assert resolve("own_package_for_test.models:build", root=tmp_path)() == 42


def test_two_files_of_one_name_are_kept_apart(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "mine.py").write_text(f"def build(): return {folder!r}")
    found = [resolve("mine.py:build", root=tmp_path / folder)() for folder in ("one", "two")]
    assert found == ["one", "two"]


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("absent.py:build", "no such file"),
        ("mine.py:biuld", "did you mean build"),
        ("no_such_module_anywhere:build", "cannot import 'no_such_module_anywhere'"),
        ("broken.py:build", "ZeroDivisionError"),
        ("mine.py:CONSTANT", "is a int, not a function"),
        ("mine", "package.module:function or file.py:function"),
    ],
)
def test_what_cannot_be_resolved_is_said(tmp_path, reference, words):
    (tmp_path / "mine.py").write_text("CONSTANT = 1\ndef build(): return 1")
    (tmp_path / "broken.py").write_text("1 / 0")
    with pytest.raises(InputError, match=words):
        resolve(reference, root=tmp_path)


def test_references_are_told_from_names():
    assert is_reference("package.module:function")
    assert is_reference("folder/file.py:function")
    assert not is_reference("resnet18")
    assert not is_reference("manifest:data/labels.csv")


def test_options_are_checked_against_the_signature():
    def build(root, width, depth=2): ...

    assert check_options(build, {"width": 1}, reserved={"root"}, what="build") == []
    wrong = check_options(build, {"widht": 1}, reserved={"root"}, what="build")
    assert wrong == [
        "unknown option of build 'widht' (did you mean width?); allowed: depth, width",
        "build needs the option 'width'",
    ]
