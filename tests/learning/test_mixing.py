"""Mixtures of examples, against what can be worked out by hand."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy, one_hot

from study.learning.mixing import Mixer, Mixture
from study.parts.objectives.classification import Classification
from study.values.fine_tuning_methods import FineTuningMethods

ROWS = torch.arange(10, 16)


def drawn(count, seed=0, **methods):
    mixer = Mixer(FineTuningMethods(**methods), seed)
    return [mixer.draw(ROWS) for _ in range(count)]


def test_values_are_weighted_means():
    own, others = torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([[5.0, 0.0], [1.0, 2.0]])
    mixed, share = Mixture(partners=torch.tensor([0, 1]), share=0.75).of(own, others)
    assert share == 0.75
    assert mixed.tolist() == [[2.0, 1.5], [2.5, 3.5]]


@pytest.mark.parametrize(
    ("share", "centre", "patch"),
    [
        (0.75, (0.5, 0.5), (slice(2, 6), slice(3, 9))),  # half of 8 rows and 12 columns
        (0.75, (0.0, 0.99), (slice(0, 2), slice(8, 12))),  # cut off by two borders
        (1.0, (0.5, 0.5), (slice(0, 0), slice(0, 0))),
        (0.0, (0.5, 0.5), (slice(0, 8), slice(0, 12))),
    ],
)
def test_a_patch_is_the_partners_and_labels_count_by_its_area(share, centre, patch):
    own, others = torch.zeros(2, 3, 8, 12), torch.ones(2, 3, 8, 12)
    expected = own.clone()
    expected[(..., *patch)] = 1
    mixed, counted = Mixture(partners=torch.tensor([1, 0]), share=share, centre=centre).of(own, others)
    assert torch.equal(mixed, expected)
    assert counted == pytest.approx(1 - expected.mean().item())
    assert not own.any()


def test_the_loss_is_the_cross_entropy_of_mixed_labels():
    generator = torch.Generator().manual_seed(0)
    outputs, labels = torch.randn(5, 3, generator=generator), torch.tensor([0, 1, 2, 1, 0])
    others, share = labels[[3, 0, 4, 2, 1]], 0.3
    soft = share * one_hot(labels, 3) + (1 - share) * one_hot(others, 3)
    objective = Classification(3, label_smoothing=0.1)
    found = share * objective.loss(outputs, labels) + (1 - share) * objective.loss(outputs, others)
    torch.testing.assert_close(found, cross_entropy(outputs, soft, label_smoothing=0.1))


def test_partners_are_the_batch_in_another_order_and_shares_are_of_a_beta_distribution():
    mixtures = drawn(2000, mixup_alpha=0.4)
    assert all(torch.equal(one.partners.sort().values, ROWS) for one in mixtures)
    assert len({tuple(one.partners.tolist()) for one in mixtures}) > 500
    shares = np.array([one.share for one in mixtures])
    assert shares.mean() == pytest.approx(0.5, abs=0.03)
    assert shares.var() == pytest.approx(1 / (4 * (2 * 0.4 + 1)), abs=0.01)


def test_seeds_decide_and_with_two_methods_a_batch_takes_either():
    def told(mixtures):
        return [(one.share, one.centre, one.partners.tolist()) for one in mixtures]

    both = {"mixup_alpha": 1.0, "cutmix_alpha": 1.0}
    assert told(drawn(5, **both)) == told(drawn(5, **both)) != told(drawn(5, seed=1, **both))
    assert 400 < sum(one.centre is None for one in drawn(1000, **both)) < 600
    assert all(one.centre is None for one in drawn(20, mixup_alpha=1.0))
    assert all(one.centre is not None for one in drawn(20, cutmix_alpha=1.0))
    assert drawn(3) == [None] * 3
