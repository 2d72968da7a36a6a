"""What a study takes from earlier ones: the best of the nearest arms, as far as its spaces can draw it."""

import shutil

import builders
import pytest
from concluded import OWN, concluded

from study.orchestration.directory import StudyDirectory
from study.orchestration.facts import arm_facts
from study.orchestration.study import Study
from study.orchestration.warm_start import distance, find_warm_start
from study.orchestration.warm_start_file import WARM_START_FILE, warm_start_of
from study.values.arm import build_arms
from study.values.flat import flat
from study.values.lineage import Segment
from study.values.plan import Purpose
from study.values.problems import InputError
from study.values.selection import ordered
from study.values.spec import StudySpec


@pytest.fixture(scope="module")
def earlier(tmp_path_factory):
    return concluded(tmp_path_factory.mktemp("earlier") / "run", {"good": 0.9, "poor": 0.5}, trials=10)


def spec_of(*places, **search):
    return StudySpec.model_validate(
        {
            "name": "next",
            "backbones": [{"source": "parts.py:small_net", "name": "small"}],
            "tasks": [{"name": "digit", "data": "parts.py:two_labels", "target": "digit"}],
            "search": {"warm_start": list(places), "startup_trials": 6, **search},
        }
    )


def found_by(spec):
    arms = [(arm, arm_facts(arm, spec, root=OWN)) for arm in build_arms(spec)]
    return find_warm_start(spec, arms, root=OWN)


def test_an_arm_begins_with_the_best_of_each_of_the_nearest_arms_in_turn(earlier):
    spec = spec_of(str(earlier.directory), space="earlier.py:without_widest_heads")
    found = found_by(spec)
    [taken] = found.configurations.values()
    records = earlier._records().read_all(Purpose.SEARCH)
    good, poor = (ordered(r for r in records if r.plan.arm == arm) for arm in earlier.arms)
    in_turn = [record for pair in zip(good, poor, strict=True) for record in pair]
    fitting = [record for record in in_turn if record.plan.hyperparameters.head_width <= 256]
    assert [one.source for one in taken] == [f"{earlier.directory} trial {r.plan.number}" for r in fitting[:3]]
    assert [one.values for one in taken] == [flat(record.plan.hyperparameters) for record in fitting[:3]]
    assert fitting != in_turn
    assert found.notes[-1].startswith("fine_tuning/small/digit begins with ")


def test_what_the_space_cannot_draw_is_told(earlier):
    spec = spec_of(str(earlier.directory), space="earlier.py:without_widest_heads", startup_trials=40)
    notes = found_by(spec).notes
    records = earlier._records().read_all(Purpose.SEARCH)
    wide = [record.plan for record in ordered(records) if record.plan.hyperparameters.head_width > 256]
    assert wide
    for plan in wide:
        width = plan.hyperparameters.head_width
        said = f"does not begin with {earlier.directory} trial {plan.number}: the space has no head_width = {width}"
        assert any(said in note for note in notes)


def test_what_does_not_fit_is_left_out_by_name(earlier):
    found = found_by(spec_of(str(earlier.directory), space="parts.py:narrow"))
    assert found.notes[-1].endswith("begins with no configuration of an earlier study: none fits")
    assert list(found.configurations.values()) == [()]
    assert any("trial 0: the space has no " in note for note in found.notes)


def test_what_took_over_from_another_configuration_is_left_out_and_told(earlier, tmp_path):
    place = shutil.copytree(earlier.directory, tmp_path / "earlier")
    records = Study.open(place)._records()
    good = ordered(record for record in records.read_all(Purpose.SEARCH) if record.plan.arm == earlier.arms[0])
    for record, is_changed in ((good[0], True), (good[1], False)):
        values = record.plan.hyperparameters
        first = values.model_copy(update={"head_learning_rate": 0.5}) if is_changed else values
        lineage = (Segment(trial=100, hyperparameters=first, until_epoch=1),)
        plan = record.plan.model_copy(update={"lineage": lineage})
        shutil.rmtree(place / plan.folder)
        for epoch in record.epochs[1:]:
            records.append(plan, epoch)
        records.write(record.model_copy(update={"plan": plan, "epochs": record.epochs[1:]}))
    found = found_by(spec_of(str(place), space="earlier.py:without_widest_heads", startup_trials=40))
    sources = {one.source for taken in found.configurations.values() for one in taken}
    sources |= {note.split("begin with ")[1].split(":")[0] for note in found.notes if "does not begin with" in note}
    assert f"{place} trial {good[0].plan.number}" not in sources
    assert f"{place} trial {good[1].plan.number}" in sources
    assert found.notes[0].startswith(f"{place}: 1 trials of {earlier.arms[0].id} are left out: their configurations")


def kept(directory, spec, *, has_begun=False):
    """Return what a study begins with, and what was said of it."""
    said = []
    arms = [(arm, arm_facts(arm, spec, root=OWN)) for arm in build_arms(spec)]
    return warm_start_of(directory, spec, arms, root=OWN, has_begun=has_begun, say=said.append), said


@pytest.fixture
def directory(tmp_path):
    (tmp_path / "run").mkdir()
    return StudyDirectory(tmp_path / "run")


def test_what_a_study_began_with_stays_though_the_earlier_study_is_gone(earlier, directory, tmp_path):
    place = shutil.copytree(earlier.directory, tmp_path / "earlier")
    spec = spec_of(str(place), space="earlier.py:without_widest_heads")
    first, said = kept(directory, spec)
    assert any(first.values())
    assert said
    shutil.rmtree(place)
    assert kept(directory, spec, has_begun=True) == (first, [])


def test_a_damaged_list_is_found_anew_or_done_without(earlier, directory, tmp_path):
    place = shutil.copytree(earlier.directory, tmp_path / "earlier")
    spec = spec_of(str(place), space="earlier.py:without_widest_heads")
    first, _ = kept(directory, spec)
    file = directory.path / WARM_START_FILE
    text = file.read_text().replace('"head_depth": ', '"head_depth": 1')
    file.write_text(text)
    again, said = kept(directory, spec, has_begun=True)
    assert again == first
    assert "the file was damaged; set aside to damaged/warm_start.json" in said[0]
    file.write_text(text)
    shutil.rmtree(place)
    without, said = kept(directory, spec, has_begun=True)
    assert without == {}
    assert "there is no study" in said[1]
    assert said[1].endswith("it goes on without")
    with pytest.raises(InputError, match="there is no study"):
        kept(directory, spec)


def test_a_begun_study_is_run_with_its_spec_though_the_earlier_one_is_gone(earlier, tmp_path):
    place = shutil.copytree(earlier.directory, tmp_path / "earlier")
    spec = spec_of(str(place))
    Study(spec, tmp_path / "run", root=OWN)
    shutil.rmtree(place)
    Study(spec, tmp_path / "run", root=OWN)
    with pytest.raises(InputError, match="there is no study"):
        Study(spec, tmp_path / "another", root=OWN)


def test_a_place_without_a_study_is_named(tmp_path, earlier):
    with pytest.raises(InputError, match=r"search.warm_start\[1\]: .*nowhere: there is no study"):
        found_by(spec_of(str(earlier.directory), str(tmp_path / "nowhere")))


def test_a_grid_has_no_first_trials():
    with pytest.raises(ValueError, match="warm_start needs another sampler than grid"):
        spec_of("somewhere", sampler="grid")


def test_warm_start_is_part_of_the_question_where_it_is_used():
    assert spec_of("somewhere").identity != spec_of().identity


@pytest.mark.parametrize(
    ("backbone", "task", "apart"),
    [
        ("resnet18", "defect", 0),
        ("resnet50", "defect", 1),
        ("vit_b_16", "defect", 2),
        ("resnet18", "type", 1),
        ("vit_b_16", "type", 3),
        ({"source": "resnet18", "weights": "none"}, "defect", 10),
        ({"source": "torchvision:resnet18", "weights": "IMAGENET1K_V1"}, "defect", 0),
    ],
)
def test_how_far_off_an_arm_is(backbone, task, apart):
    def arm(backbone, target):
        tasks = [{"name": "t", "data": "elpv", "target": target}]
        return builders.arm(backbones=[backbone], tasks=tasks, protocols=["fine_tuning"])

    assert distance(arm("resnet18", "defect"), arm(backbone, task)) == apart
