"""An assessment on a few examples of each class: on the features of the full one, for every arm the same examples."""

import numpy as np
import pytest
from test_trial import TASKS, assert_close, own_plan

from study.adapters.tune.worker_group import WorkerGroup
from study.learning.cache.contents import kept_entries
from study.learning.ranks import Ranks
from study.parts.tasks.data import MISSING
from study.trial.assessment import assess
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.arm import build_arms
from study.values.plan import Purpose
from study.values.spec import StudySpec
from study.values.variant import FewShot


def few_shot_plan(tmp_path, number, **changes):
    variant = None if number is None else FewShot(examples_per_class=number)
    return own_plan(tmp_path, purpose=Purpose.ASSESSMENT, variant=variant, **changes)


def own_arms():
    """Return the fine-tuning arms of a study of both tasks."""
    return build_arms(StudySpec.model_validate({"name": "t", "backbones": ["parts.py:small_net"], "tasks": TASKS}))


def trained_on(trial, position=0):
    """Return the labelled examples that a task is trained on, by their position in the data."""
    splits = trial.tasks[0].splits
    examples = np.sort(np.concatenate([splits.train, splits.validation]))
    [stream] = trial.learner.streams
    place = stream.tasks.index(position)
    rows = stream.train[stream.labels[place, stream.train] != MISSING]
    return set(examples[rows.numpy()].tolist())


@pytest.mark.parametrize("depth", [1, 3])
def test_cached_and_uncached_agree_and_no_size_has_an_entry_of_its_own(tmp_path, depth):
    list(Trial(few_shot_plan(tmp_path, None, depth=depth)).epochs())
    then = {entry.path for entry in kept_entries(tmp_path / "cache")}
    for number in (1, 5):
        planned = few_shot_plan(tmp_path, number, depth=depth)
        cached = list(Trial(planned).epochs())
        computed = list(Trial(planned.model_copy(update={"feature_cache_gib": 0.0})).epochs())
        assert cached[0].notes["features"] == "read from the cache"
        assert cached[0].num_train == {"digit": 10 * number}
        assert cached[0].notes["few_shot"] == f"{10 * number} of 360 training examples"
        assert_close([one.metrics for one in cached], [one.metrics for one in computed])
    assert {entry.path for entry in kept_entries(tmp_path / "cache")} == then


def test_on_a_frozen_backbone_test_goes_through_it_once_for_all_numbers_of_examples(tmp_path):
    other = [{**TASKS[0], "out_of_distribution": [{"name": "later", "data": "parts.py:more_digits"}]}]
    plain, few, uncached = (
        few_shot_plan(tmp_path, number, depth=3, protocol="linear_probe", tasks=other, **changes)
        for number, changes in ((None, {}), (2, {}), (None, {"feature_cache_gib": 0.0}))
    )
    found = assessed(plain)
    entries = features_in(tmp_path)
    assert len(entries) == 3, "to train on, test, and later"
    assessed(few)
    assert features_in(tmp_path) == entries
    computed = assessed(uncached)
    assert found.scores == pytest.approx(computed.scores, abs=1e-4)
    [cached], [again] = found.out_of_distribution, computed.out_of_distribution
    assert cached.metrics == pytest.approx(again.metrics, abs=1e-4)


def test_of_a_backbone_that_is_trained_in_part_no_outputs_for_test_are_kept(tmp_path):
    assessed(few_shot_plan(tmp_path, None, depth=1))
    assert len(features_in(tmp_path)) == 1, "to train on"


def features_in(tmp_path):
    return {entry.path for entry in kept_entries(tmp_path / "cache") if entry.path.parent.name == "features"}


def assessed(planned):
    trial = Trial(planned)
    list(trial.epochs())
    return assess(trial)


def test_cached_views_of_the_full_assessment_serve_too(tmp_path):
    values = {"values": {"augmentation": "crop"}, "cached_views": 2}
    list(Trial(few_shot_plan(tmp_path, None, **values)).epochs())
    then = {entry.path for entry in kept_entries(tmp_path / "cache")}
    [first, _] = Trial(few_shot_plan(tmp_path, 2, **values)).epochs()
    assert first.features.misses == 0
    assert {entry.path for entry in kept_entries(tmp_path / "cache")} == then


def test_a_batch_is_as_large_as_what_is_there(tmp_path):
    [first, _] = Trial(few_shot_plan(tmp_path, 1)).epochs()
    assert first.notes["batch_size"] == "10 in place of 32: there are no more training examples"
    assert first.num_samples == 10
    [first, _] = Trial(few_shot_plan(tmp_path, 5)).epochs()
    assert "batch_size" not in first.notes
    assert first.num_samples == 32, "full batches only, as ever"


def test_one_example_of_each_of_two_classes_is_enough_for_batch_normalisation(tmp_path):
    tasks = [TASKS[1]]
    trial = Trial(few_shot_plan(tmp_path, 1, depth=0, tasks=tasks))
    records = list(trial.epochs())
    assert [record.num_samples for record in records] == [2, 2]
    assert len(assess(trial).predictions) == 2


def test_fewer_examples_than_workers_are_trained_on_by_one_worker(tmp_path):
    planned = few_shot_plan(tmp_path, 1, depth=0, tasks=[TASKS[1]], num_workers=3)
    trial = Trial(planned, ranks=Ranks(size=3))
    records = list(WorkerGroup().epochs(trial))  # in no placement group: it could start no further worker
    assert records[0].notes["workers"] == "one in place of 3: a batch has 2 examples"
    assert [record.metrics for record in records] == [record.metrics for record in Trial(planned).epochs()]
    assert Trial(planned, ranks=Ranks(size=2)).ranks.size == 2, "one each"


def test_all_arms_and_sizes_of_a_seed_train_on_nested_examples_and_seeds_on_others(tmp_path):
    materials = Materials()

    def examples(number, position=0, **changes):
        return trained_on(Trial(few_shot_plan(tmp_path, number, **changes), materials), position)

    one, two = examples(1), examples(2)
    assert one < two
    assert examples(2, depth=3, protocol="linear_probe") == two
    assert examples(2, protocol="shared_representation") == two, "with another task on the same images"
    odd = examples(2, arm=own_arms()[1])
    assert examples(2, 1, protocol="shared_representation") == odd
    assert examples(2, repeat=1) != two


def test_test_and_validation_are_those_of_the_full_assessment(tmp_path):
    found = []
    for number in (None, 2):
        trial = Trial(few_shot_plan(tmp_path, number, protocol="shared_representation"))
        list(trial.epochs())
        found.append(assess(trial))
    full, few = ({(one.split, one.task): one.examples for one in one.predictions} for one in found)
    assert full.keys() == few.keys()
    assert all((full[key] == few[key]).all() for key in full)
    assert found[0].scores.keys() == found[1].scores.keys()
    assert found[0].scores["test/digit/accuracy"] > found[1].scores["test/digit/accuracy"]


def test_an_interrupted_one_goes_on_as_if_nothing_had_been(tmp_path):
    planned = few_shot_plan(tmp_path, 3, epochs=4)
    undisturbed = Trial(planned)
    whole = [record.metrics for record in undisturbed.epochs()]
    interrupted = Trial(planned)
    epochs = interrupted.epochs()
    before = [next(epochs).metrics for _ in range(2)]
    interrupted.save(tmp_path / "saved")
    resumed = Trial(planned.model_copy(update={"checkpoint": str(tmp_path / "saved")}))
    assert before + [record.metrics for record in resumed.epochs()] == whole
    assert assess(resumed).scores == assess(undisturbed).scores


def test_tasks_on_data_of_their_own_each_have_so_many(tmp_path):
    tasks = [TASKS[0], {"name": "all_digits", "data": "digits", "limit": 300}]
    trial = Trial(few_shot_plan(tmp_path, 2, protocol="shared_representation", tasks=tasks))
    *_, last = trial.epochs()
    assert last.num_train == {"digit": 20, "all_digits": 20}
    assert last.notes["few_shot"] == "20 of 360 training examples; 20 of 180 training examples"
