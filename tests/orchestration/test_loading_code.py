"""What is printed after an export loads the model when it is pasted, whoever makes its backbone."""

import json
from pathlib import Path

import pytest

from study.orchestration.loading_code import loading_code

OWN = Path(__file__).parents[1] / "own"


def exported(folder, source, root):
    config = {
        "backbone": {"source": source, "name": "n"}, "root": str(root), "head_depth": 0, "head_width": 4, "tasks": [],
        "study": "s", "arm": "a/b/c", "trial": 1, "seed_number": 0, "validation": {}, "test": {}, "licences": {},
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    return loading_code(folder)


@pytest.mark.parametrize("source", ["parts.py:small_net", "nets.my-net.py:small_net", "nets.own_nets:small_net"])
def test_the_function_is_found_where_the_study_had_it(tmp_path, source):
    nets = tmp_path / "a 'strange' [folder]" / "nets"
    nets.mkdir(parents=True)
    for name in ("../parts.py", "../nets.my-net.py", "own_nets.py"):
        (nets / name).write_text((OWN / "parts.py").read_text())
    *lines, last = exported(tmp_path, source, nets.parent)
    pasted = {}
    exec("\n".join(lines), pasted)
    assert pasted["small_net"]().num_stages == 3
    assert last == f"model = study.load_model({str(tmp_path)!r}, backbone=small_net)"


def test_a_published_backbone_needs_no_function(tmp_path):
    lines = exported(tmp_path, "resnet18", tmp_path)
    assert lines == ["import study", f"model = study.load_model({str(tmp_path)!r})"]
