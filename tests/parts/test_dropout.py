"""Dropout drops the share it was told to, keeps the mean, and draws for several models what each would alone."""

import pytest
import torch

from study.parts.dropout import Dropout, draw_stacked, dropped

SIZE = 400_000


@pytest.mark.parametrize("share", [0.001, 0.1, 0.5, 0.9])
def test_the_share_is_dropped_and_the_mean_kept(share):
    torch.manual_seed(0)
    outputs = Dropout(share).train()(torch.ones(SIZE))
    deviation = (share * (1 - share) / SIZE) ** 0.5
    assert (outputs == 0).float().mean().item() == pytest.approx(share, abs=5 * deviation + 2**-15)
    assert outputs.mean().item() == pytest.approx(1, abs=5 * deviation / (1 - share))
    assert len(outputs.unique()) == 2


def test_nothing_is_dropped_outside_training_or_by_a_share_of_0():
    inputs = torch.randn(50)
    assert Dropout(0.5).eval()(inputs) is inputs
    state = torch.get_rng_state()
    assert Dropout(0.0).train()(inputs) is inputs
    assert torch.equal(torch.get_rng_state(), state), "nothing is drawn"


def test_every_place_of_a_word_is_dropped_equally_often():
    torch.manual_seed(0)
    kept = Dropout(0.3).train()(torch.ones(SIZE)).view(-1, 4) > 0
    assert kept.float().mean(dim=0).tolist() == pytest.approx([0.7] * 4, abs=0.01)
    pairs = (kept[:, :1] & kept[:, 1:]).float().mean(dim=0)
    assert pairs.tolist() == pytest.approx([0.49] * 3, abs=0.01), "and by itself"


@pytest.mark.parametrize("widths", [(5, 5, 5), (5, 2, 3)])
def test_models_side_by_side_drop_what_each_would_alone(widths):
    shares, inputs = (0.2, 0.0, 0.6), torch.randn(3, 7, max(widths))
    draws = draw_stacked(7, widths, shares, [torch.Generator().manual_seed(model) for model in range(3)])
    together = dropped(inputs, draws, shares)
    for model, (share, width) in enumerate(zip(shares, widths, strict=True)):
        torch.manual_seed(model)
        alone = Dropout(share).train()(inputs[model, :, :width])
        torch.testing.assert_close(together[model, :, :width], alone, rtol=0, atol=0)


def test_gradients_pass_where_inputs_do():
    torch.manual_seed(0)
    inputs = torch.ones(1000, requires_grad=True)
    outputs = Dropout(0.5).train()(inputs)
    outputs.sum().backward()
    assert torch.equal(inputs.grad, outputs.detach())
