"""Every error of a spec at once, each with its line, the value found and what is allowed."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from study.values.problems import InputError, Problem
from study.values.spec.reading import dump_spec, parse_spec, read, read_spec, read_string

WHOLE = """\
name: birds
protocols: [fine_tuning, linear_probe]
backbones:
  - resnet18
  - {source: resnet18, weights: none}
tasks:
  - name: species
    data: manifest:birds.csv
    target: species
search:
  trials: 40
  scheduler: {kind: asha}
budget:
  epochs: 20
"""


def test_a_whole_spec_is_read():
    spec = parse_spec(WHOLE)
    assert (spec.name, spec.search.trials, spec.budget.epochs) == ("birds", 40, 20)
    assert [backbone.name for backbone in spec.backbones] == ["resnet18", "resnet18-random"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("trials: 40", "trails: 40", "s.yaml:11: search.trails: unknown key 'trails' (did you mean trials?)"),
        (
            "trials: 40",
            "choice: worst",
            "s.yaml:11: search.choice: unknown choice 'worst'; allowed: best, one_standard_",
        ),
        ("trials: 40", "outer: 1", "s.yaml:11: search.outer: 1: must be below 1"),
        ("weights: none}", "weights: none, image_size: 9000}", "image_size: 9000: must be at most 8192"),
        ("epochs: 20", "epochs: 0", "s.yaml:14: budget.epochs: 0: must be at least 1"),
        ("epochs: 20", "epochs: many", "s.yaml:14: budget.epochs: 'many': input should be a valid integer"),
        ("kind: asha", "kind: ahsa", "s.yaml:12: search.scheduler.kind: unknown kind 'ahsa' (did you mean asha?)"),
        ("linear_probe", "linear_prob", "s.yaml:2: protocols[1]: "),
        (
            "name: birds",
            "name: birds\ntensorboard: {curves: bst}",
            "s.yaml:2: tensorboard.curves: unknown curves 'bst' (did you mean best?); allowed: all, best",
        ),
        ("name: birds", "name: birds\ntensorboard: {num_best: -1}", "tensorboard.num_best: -1: must be at least 0"),
        (
            "linear_probe",
            "linear_prob",
            "'linear_prob' (did you mean linear_probe?); allowed: fine_tuning, from_scratch",
        ),
        ("    data: manifest:birds.csv\n", "", "s.yaml:7: tasks[0].data: is missing"),
        (
            "    target: species\n",
            "    target: species\n    out_of_distribution:\n      - {name: winter, data: 'folder:w', limt: 50}\n",
            "s.yaml:11: tasks[0].out_of_distribution[0].limt: unknown key 'limt' (did you mean limit?)",
        ),
        (
            "    target: species\n",
            "    target: species\n    out_of_distribution: [{name: a, data: d}, {name: a, data: e}]\n",
            "s.yaml:10: tasks[0].out_of_distribution: name given twice: a; each must differ",
        ),
        (
            "name: birds",
            "name: birds\nassessment: {few_shot: [5, 1]}",
            "s.yaml:2: assessment.few_shot: [5, 1]: must be whole numbers from 1 on, ascending, each once",
        ),
        ("name: birds", "name: birds\nassessment: {few_shot: [0, 1]}", "assessment.few_shot: [0, 1]: must be whole"),
        ("name: birds", "name: birds\nassessment: {few_shot: [2, 2]}", "assessment.few_shot: [2, 2]: must be whole"),
        ("name: birds\n", "", "name: is missing; it must be given"),
        (
            "weights: none",
            "weight: none",
            "s.yaml:5: backbones[1].weight: unknown key 'weight' (did you mean weights?)",
        ),
        ("  - resnet18\n", "  - ''\n", "s.yaml:4: backbones[0]: ''"),
        ("name: species", "name: a/b", "s.yaml:7: tasks[0].name: 'a/b': must begin with a letter"),
        ("target: species", "metric: acuracy", "tasks[0].metric: unknown metric 'acuracy' (did you mean accuracy?)"),
        (
            "target: species",
            "split: {test: 0.9}",
            "s.yaml:9: tasks[0].split: validation 0.2 and test 0.9 leave nothing",
        ),
        ("trials: 40", "trials: 40\n  trials: 41", "s.yaml:12: search.trials: given twice, first in line 11"),
        ("trials: 40", "space: {fine_tunning: a.b:c}", "s.yaml:11: search.space"),
        ("{source: resnet18, weights: none}", "resnet18", "s.yaml:3: backbones: backbone name given twice: resnet18"),
        ("search:", "search: [", "s.yaml:"),
        (WHOLE, "- a\n- b\n", "s.yaml: is no mapping"),
        (WHOLE, "", "s.yaml: is no mapping"),
        (WHOLE, "a: !!python/object/apply:os.system [ls]", "no valid YAML: could not determine a constructor"),
        (WHOLE, "a: 1\n---\nb: 2\n", "no valid YAML"),
    ],
)
def test_an_error_names_line_key_value_and_what_is_allowed(old, new, expected):
    assert old in WHOLE
    with pytest.raises(InputError) as caught:
        parse_spec(WHOLE.replace(old, new), file="s.yaml")
    assert expected in str(caught.value)


def test_all_errors_come_at_once():
    text = WHOLE.replace("trials: 40", "trails: 40").replace("epochs: 20", "epochs: -3").replace("asha", "none2")
    with pytest.raises(InputError) as caught:
        parse_spec(text, file="s.yaml")
    assert [problem.line for problem in caught.value.problems] == [11, 12, 14]


def test_whole_entries_are_kept_where_others_are_not():
    reading = read_string(WHOLE.replace("epochs: 20", "epochs: 0").replace("weights: none", "wights: none"))
    assert reading.spec is None
    assert list(reading.backbones) == [0]
    assert reading.tasks[0].name == "species"


def test_what_other_floors_find_is_given_its_line():
    source = read_string(WHOLE, file="s.yaml").source
    found = source.locate(Problem(message="no such file", location=("tasks", 0, "data")))
    assert str(found) == "s.yaml:8: tasks[0].data: no such file"
    short = source.locate(Problem(message="unknown", location=("backbones", 0, "source")))
    assert str(short) == "s.yaml:4: backbones[0].source: unknown"


def test_files_that_are_none(tmp_path):
    (tmp_path / "latin.yaml").write_bytes("name: Käfer".encode("latin-1"))
    for path, words in (
        (tmp_path / "absent.yaml", "no such file"),
        (tmp_path, "is a folder"),
        (tmp_path / "latin.yaml", "is no UTF-8 text"),
    ):
        with pytest.raises(InputError, match=words):
            read_spec(path)
        assert len(read(path).problems) == 1


def test_aliases_do_not_expand_without_end():
    text = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    with pytest.raises(InputError, match="entries"):
        parse_spec(text)


def test_nesting_without_end_is_refused():
    with pytest.raises(InputError, match="nested too deeply"):
        parse_spec("a: " + "[" * 3000 + "]" * 3000)


def test_a_spec_written_out_reads_back_the_same():
    spec = parse_spec(WHOLE.replace("trials: 40", "trials: 40\n  space: {fine_tuning: 'mine.py:space'}"))
    assert parse_spec(dump_spec(spec)) == spec
    assert yaml.safe_load(dump_spec(spec))["assessment"]["seeds"] == 3


@settings(max_examples=300, deadline=None)
@given(st.text() | st.text(alphabet="ab:-[]{}&*!\n \"'|>#,%@?1.0"))
def test_no_text_raises_anything_but_an_input_error(text):
    reading = read_string(text)
    assert reading.problems
    assert reading.spec is None


@settings(max_examples=300, deadline=None)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "name",
                        "tasks",
                        "backbones",
                        "search",
                        "space",
                        "trials",
                        "source",
                        "data",
                        "split",
                        "fine_tuning",
                        "x",
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_no_value_raises_anything_but_an_input_error(value):
    read_string(yaml.safe_dump({"name": "a", "tasks": value, "backbones": value, "search": value}))
