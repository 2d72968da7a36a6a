"""Features of frozen stages: exact, computed from the deepest cut that is there, kept where that pays."""

import numpy as np
import pytest
import torch
from own.parts import small_net
from sklearn.datasets import load_digits

from study.learning import feature_cache
from study.learning.cache import CacheFolder
from study.learning.cache.contents import kept_entries
from study.learning.feature_cache import FeatureCache, open_features
from study.learning.feature_costs import FeatureCosts, measure_costs
from study.learning.image_store import ImageStore
from study.parts.backbones import freeze
from study.parts.tasks.images import ArrayImages

CPU = torch.device("cpu")
"""Shapes after each stage of `small_net`: (8, 4, 4), (16, 4, 4), (32,)."""


def frozen(depth):
    backbone = small_net()
    freeze(backbone, depth)
    return backbone


def store_in(folder, limit_gib=1.0):
    images = (load_digits().images[:100] * 255 / 16).astype(np.uint8)
    cache = CacheFolder(path=folder, limit_gib=limit_gib)
    return ImageStore(ArrayImages(images, source="digits"), np.arange(100), small_net().preprocessing, cache), cache


def opened(folder, depth, *, limit_gib=1.0, **more):
    store, cache = store_in(folder)
    notes = {}
    features = open_features(
        frozen(depth), depth, store, cache=cache, limit_gib=limit_gib, device=CPU, notes=notes, **more
    )
    return features, notes["features"]


@pytest.fixture(scope="module")
def direct(tmp_path_factory):
    """Return features without any cache, by depth."""
    store, _ = store_in(tmp_path_factory.mktemp("direct"))
    backbone = frozen(3).eval()
    with torch.inference_mode():
        images = store.batch(torch.arange(100), CPU)
        return {depth: backbone.run(images, 0, depth).clone() for depth in (1, 2, 3)}


@pytest.mark.parametrize(("before", "start"), [((), 0), ((1,), 1), ((2,), 2), ((1, 2), 2)])
def test_a_deeper_cut_goes_on_from_the_deepest_that_is_there(tmp_path, direct, before, start):
    for depth in before:
        opened(tmp_path, depth)
    features, note = opened(tmp_path, 3)
    assert note == "computed once and cached" + (f", from those at depth {start}" if start else "")
    torch.testing.assert_close(features.values, direct[3], rtol=1e-5, atol=1e-6)
    assert not features.hit


def test_images_are_not_run_through_stages_whose_outputs_are_there(tmp_path):
    opened(tmp_path, 2)
    store, cache = store_in(tmp_path)
    backbone = frozen(3)
    seen = []
    backbone.stages[0].register_forward_hook(lambda *_: seen.append("first stage"))
    backbone.stages[2].register_forward_hook(lambda *_: seen.append("last stage"))
    open_features(backbone, 3, store, cache=cache, limit_gib=1, device=CPU)
    assert seen == ["first stage", "last stage"] + ["last stage"] * 2, "one image for the shapes, then 2 batches"


def test_a_damaged_shallower_cut_is_not_gone_on_from(tmp_path, direct):
    opened(tmp_path, 2)
    [path] = (tmp_path / "features").glob("*.npy")
    path.write_bytes(path.read_bytes()[:-1000])
    features, note = opened(tmp_path, 3)
    assert note == "computed once and cached"
    torch.testing.assert_close(features.values, direct[3], rtol=1e-5, atol=1e-6)


def test_cut_at_the_end_features_are_pooled(tmp_path):
    assert opened(tmp_path, 3)[0].values.shape == (100, 32)


def test_batches_of_maps_are_channels_last(tmp_path, direct):
    rows = torch.tensor([7, 3])
    batch = opened(tmp_path, 1)[0].batch(rows, CPU)
    assert batch.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(batch, direct[1][rows], rtol=1e-5, atol=1e-6)


class TestCosts:
    """Costs passed in: whether features are kept follows from them alone."""

    @pytest.fixture(autouse=True)
    def _nothing_is_small(self, monkeypatch):
        monkeypatch.setattr(feature_cache, "_SMALL_BYTES", 0)

    @pytest.mark.parametrize(("read_s", "kept"), [(1e-5, True), (1e-3, False)])
    def test_what_is_dearer_to_read_than_to_compute_is_not_kept(self, tmp_path, read_s, kept):
        asked = []
        costs = FeatureCosts(read_s=read_s, compute_s=1e-4)
        features, note = opened(tmp_path, 1, costs=lambda num_bytes: asked.append(num_bytes) or costs)
        assert asked == [100 * 8 * 4 * 4 * 4]
        assert (features is not None) is kept
        if not kept:
            assert note == (
                "computed every epoch: dearer to read than to compute (reading 1e+03 us an example, computing 100 us)"
            )

    def test_what_is_there_is_read_without_asking(self, tmp_path):
        opened(tmp_path, 1, costs=lambda _: FeatureCosts(read_s=0, compute_s=1))

        def fail(_):
            raise AssertionError("measured although it is there")

        assert opened(tmp_path, 1, costs=fail)[1] == "read from the cache"

    def test_what_was_measured_is_about_this_entry(self, tmp_path):
        store, cache = store_in(tmp_path)
        costs = measure_costs(frozen(1), 1, store, entry_bytes=2**20, cache=cache, device=CPU)
        twice = measure_costs(frozen(1), 1, store, entry_bytes=2**21, cache=cache, device=CPU)
        assert costs.compute_s > 0
        assert twice.read_s == pytest.approx(2 * costs.read_s)


def test_small_features_are_kept_without_measuring(tmp_path):
    def fail(_):
        raise AssertionError("measured although it is small")

    assert opened(tmp_path, 1, costs=fail)[0] is not None


def test_without_room_features_are_not_kept_and_images_are_decoded_each_time(tmp_path):
    roomy, _ = store_in(tmp_path / "roomy")
    tight, cache = store_in(tmp_path / "tight", limit_gib=10_000 / 2**30)
    assert "more than cache_gib" in tight.why_not_kept
    assert roomy.why_not_kept is None
    rows = torch.tensor([5, 99, 0])
    assert torch.equal(tight.batch(rows, CPU), roomy.batch(rows, CPU))
    notes = {}
    assert open_features(frozen(1), 1, tight, cache=cache, limit_gib=1, device=CPU, notes=notes) is None
    assert "computed every epoch" in notes["features"]
    assert "more than cache_gib" in notes["features"]
    assert kept_entries(tmp_path / "tight") == []


def test_a_damaged_entry_is_never_used(tmp_path, direct):
    features, _ = opened(tmp_path, 2)
    [path] = (tmp_path / "features").glob("*.npy")
    content = bytearray(path.read_bytes())
    content[5000] ^= 1
    path.unlink()
    path.write_bytes(content)
    again, note = opened(tmp_path, 2)
    assert note == "computed once and cached"
    assert torch.equal(again.values, features.values)


def test_on_a_cpu_features_stay_memory_mapped(tmp_path):
    features, _ = opened(tmp_path, 2)
    assert features.on(CPU) is features


META = torch.device("meta")
"""In place of a GPU: something that is not the CPU."""


@pytest.mark.parametrize(("free_bytes", "moved"), [(4 * 400, True), (4 * 400 - 1, False), (0, False)])
def test_a_gpu_holds_features_that_a_quarter_of_its_free_memory_takes(free_bytes, moved):
    features = FeatureCache(torch.zeros(10, 10), hit=True)
    placed = features.on(META, free_bytes=free_bytes)
    assert placed.values.device.type == ("meta" if moved else "cpu")
    assert placed.batch(torch.tensor([1, 2]), META).device.type == "meta"
    assert placed.hit
