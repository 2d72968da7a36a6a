"""Whether features are kept: a function of two figures, and nothing else."""

import pytest
import torch

from study.learning.cache import read_speed
from study.learning.cache.read_speed import ReadSpeed
from study.learning.feature_costs import FeatureCosts


@pytest.mark.parametrize(
    ("read_s", "compute_s", "worth"),
    [(1e-5, 1e-3, True), (1e-3, 1e-5, False), (1e-4, 1e-4, False), (0.0, 1e-9, True)],
)
def test_features_are_worth_keeping_where_reading_is_the_cheaper(read_s, compute_s, worth):
    assert FeatureCosts(read_s=read_s, compute_s=compute_s).worth_keeping is worth


def test_the_figures_are_said():
    costs = FeatureCosts(read_s=1.25e-3, compute_s=2e-5)
    assert str(costs) == "reading 1.25e+03 us an example, computing 20 us"


def test_what_stays_in_memory_is_read_at_memorys_speed():
    speed = ReadSpeed(from_disk=1.0, from_memory=2.0)
    assert (speed.of(1), speed.of(2**60)) == (2.0, 1.0)


def test_the_speed_of_a_folder_is_measured_once_and_leaves_nothing(tmp_path):
    one, other = (read_speed.read_speed(tmp_path, torch.device("cpu")) for _ in range(2))
    assert one is other
    assert 0 < one.from_disk <= one.from_memory
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_left_to_the_writing_to_report(tmp_path):
    assert read_speed.read_speed(tmp_path / "gone", torch.device("cpu")).from_disk == float("inf")
