"""Trials on augmented images: drawn anew every time, or views whose features are cached and are just those."""

import pytest
import torch
from test_trial import assert_close, metrics, own_plan

from study.learning.augmented import CachedViews, ImageView
from study.learning.feature_cache import FeatureCache
from study.trial.materials import Materials
from study.trial.trial import Trial, run_trial
from study.values.hyperparameters import Augmentation
from study.values.seeds import derive_seed


def augmented(tmp_path, *, kind="crop", **changes):
    return own_plan(tmp_path, values={"augmentation": kind, **changes.pop("values", {})}, **changes)


def objectives(planned):
    return [record.objective for record in run_trial(planned)]


def losses(planned):
    return [epoch["train/digit/loss"] for epoch in metrics(planned)]


@pytest.mark.parametrize("cached_views", [None, 2])
def test_augmentation_changes_what_is_trained_and_repeats_with_the_seed(tmp_path, cached_views):
    planned = augmented(tmp_path, cached_views=cached_views)
    assert metrics(planned) == metrics(planned)
    assert losses(planned) != losses(planned.model_copy(update={"seed": 99}))
    assert losses(planned) != losses(own_plan(tmp_path))
    assert losses(planned) != losses(augmented(tmp_path, kind="flip", cached_views=cached_views))


@pytest.mark.parametrize("cached_views", [None, 3])
def test_an_augmented_trial_resumes_as_if_nothing_had_been(tmp_path, cached_views):
    planned = augmented(tmp_path, epochs=4, cached_views=cached_views)
    undisturbed = metrics(planned)
    trial = Trial(planned)
    epochs = trial.epochs()
    next(epochs), next(epochs)
    trial.save(tmp_path / "checkpoint")
    assert metrics(planned.model_copy(update={"checkpoint": str(tmp_path / "checkpoint")})) == undisturbed[2:]


def test_the_record_says_which_of_the_two(tmp_path):
    def note(**changes):
        [record] = run_trial(augmented(tmp_path, epochs=1, **changes))
        return record.notes["augmentation"]

    assert note() == "crop: drawn anew every time"
    assert note(cached_views=2) == "crop: 2 views of each image, cached: other examples than drawn anew"
    assert note(cached_views=2, depth=0) == "crop: drawn anew every time"
    assert note(cached_views=2, feature_cache_gib=0.0) == "crop: drawn anew every time"
    [record] = run_trial(own_plan(tmp_path, epochs=1))
    assert "augmentation" not in record.notes


def test_cached_views_are_what_the_frozen_stages_give_of_the_augmented_images(tmp_path):
    trial = Trial(augmented(tmp_path, cached_views=2))
    [stream] = trial.learner.streams
    assert isinstance(stream.augmented, CachedViews)
    assert stream.augmented_start == 1
    store = trial.materials.store(
        trial.tasks[0].inputs,
        examples_of(trial),
        trial.model.backbone.preprocessing,
        trial.plan,
    )
    rows = torch.arange(7)
    for number, features in enumerate(stream.augmented.views):
        seed = derive_seed(trial.plan.split_seed, "view", number)
        view = ImageView(store, stream.train, Augmentation.CROP, seed)
        with torch.inference_mode():
            expected = trial.model.backbone.run(view.batch(rows, trial.device), 0, 1)
        torch.testing.assert_close(features.batch(rows, trial.device), expected)


def examples_of(trial):
    splits = trial.tasks[0].splits
    return torch.cat([torch.from_numpy(splits.train), torch.from_numpy(splits.validation)]).sort().values.numpy()


def test_another_trial_finds_the_views_that_one_has_computed(tmp_path):
    materials = Materials()
    first, again = (next(Trial(augmented(tmp_path, seed=seed, cached_views=3), materials).epochs()) for seed in (1, 2))
    assert (first.features.hits, first.features.misses) == (0, 4), "the images as they are, and three views"
    assert (again.features.hits, again.features.misses) == (4, 0)
    [other] = run_trial(augmented(tmp_path, epochs=1, kind="flip", cached_views=3))
    assert (other.features.hits, other.features.misses) == (1, 3)


def test_views_are_drawn_for_each_example_and_rows_keep_their_order():
    rows = torch.tensor([3, 5, 9])
    views = [FeatureCache(torch.tensor([[30.0], [50.0], [90.0]]) + number, hit=True) for number in range(3)]
    cached = CachedViews(views, rows)
    torch.manual_seed(0)
    seen = set()
    for _ in range(50):
        batch = cached.batch(torch.tensor([9, 3, 5, 3]), torch.device("cpu")).flatten().tolist()
        assert [value // 10 * 10 for value in batch] == [90, 30, 50, 30]
        seen.update(batch)
    assert seen == {tens + number for tens in (30.0, 50.0, 90.0) for number in range(3)}


def test_all_stages_frozen_and_shared_tasks(tmp_path):
    shared = augmented(tmp_path, depth=3, protocol="shared_representation", cached_views=2)
    assert_close(metrics(shared), metrics(shared))
    assert len(objectives(shared)) == 2
