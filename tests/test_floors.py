"""The architecture: imports go down the floors only, and test data is read in one place."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import study

PACKAGE = Path(study.__file__).parent
FLOORS = ["values", "statistics", "parts", "learning", "trial", "adapters", "orchestration", "faces"]
FORBIDDEN = {
    "values": {"torch", "torchvision", "ray", "optuna", "tensorboard"},
    "statistics": {"torch", "torchvision", "ray", "optuna", "tensorboard", "pandas"},
    "parts": {"ray", "optuna", "tensorboard"},
    "learning": {"ray", "optuna", "tensorboard"},
    "trial": {"ray", "optuna", "tensorboard"},
}


def modules() -> list[Path]:
    return sorted(path for floor in FLOORS for path in (PACKAGE / floor).rglob("*.py"))


def imports_of(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
    return found


def floor_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def test_every_module_lives_on_a_floor():
    loose = {path.name for path in PACKAGE.glob("*.py")} | {p.name for p in PACKAGE.iterdir() if p.is_dir()}
    assert loose - {"__pycache__"} == {"__init__.py", "__main__.py", *FLOORS}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_down_only(path: Path):
    own = FLOORS.index(floor_of(path))
    for name in imports_of(path):
        top, *rest = name.split(".")
        assert top not in FORBIDDEN.get(floor_of(path), set()), f"{path} imports {name}"
        assert top != "search_spaces", f"{path} imports {name}: spaces are resolved from the spec, never by name"
        if top == "study" and rest:
            assert rest[0] in FLOORS, f"{path} imports {name}"
            assert FLOORS.index(rest[0]) <= own, f"{path} imports {name}, a floor above"


def test_search_spaces_import_optuna_and_values_only():
    for path in (PACKAGE.parent / "search_spaces").glob("*.py"):
        for name in imports_of(path):
            assert name.split(".")[0] not in {"torch", "ray", "torchvision"}, f"{path} imports {name}"
            if name.startswith("study"):
                assert name.startswith("study.values"), f"{path} imports {name}"


def test_only_assessment_reads_the_test_split():
    readers = set()
    for path in modules():
        if floor_of(path) in {"values", "parts"}:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "test" and ast.unparse(node.value).endswith("splits"):
                readers.add(str(path.relative_to(PACKAGE)))
    assert readers == {"trial/assessment.py"}


def test_what_trials_score_on_the_outer_split_is_read_by_nobody_who_decides():
    examples, scores = set(), set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Attribute) or node.attr not in {"outer", "outer_objective"}:
                continue
            owner = ast.unparse(node.value)
            if owner.endswith(("splits", "stream")):
                examples.add(str(path.relative_to(PACKAGE)))
            elif not owner.endswith(("search", "plan", "findings")):  # the share that the spec names; a table
                scores.add(str(path.relative_to(PACKAGE)))
    assert examples == {"parts/tasks/split_checks.py", "trial/opening.py", "trial/trial.py"}
    assert scores == {
        "values/plan.py",
        "values/records.py",
        "values/selection/oracle.py",
        "orchestration/replay.py",
        "orchestration/findings/outer.py",
    }


@pytest.mark.parametrize(
    "modules",
    [
        "study, study.faces.command_line, search_spaces.fine_tuning",
        # What only reads a study.
        "study.orchestration.study, study.orchestration.watching, study.faces.table_commands",
    ],
)
def test_what_needs_neither_torch_nor_ray_starts_without(modules):
    code = f"import sys, {modules}; print([m for m in ('torch', 'ray') if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
