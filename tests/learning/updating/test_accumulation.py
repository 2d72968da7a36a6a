"""A batch computed in parts takes the step that it takes whole."""

import pytest
import torch
from torch import nn

from study.learning.updating import add_up


@pytest.mark.parametrize("num_parts", [2, 3, 8])
def test_parts_add_up_to_the_gradient_of_the_whole_batch(num_parts):
    torch.manual_seed(0)
    inputs, targets = torch.randn(8, 3), torch.randn(8)
    used, unused = nn.Parameter(torch.randn(3)), nn.Parameter(torch.randn(2))

    def part_by_part():
        for x, y in zip(inputs.tensor_split(num_parts), targets.tensor_split(num_parts), strict=True):
            used.grad = unused.grad = None
            ((x @ used - y).square().sum() / len(inputs)).backward()
            yield

    add_up([used, unused], part_by_part())
    # d/dw mean (xw - y)^2 = 2 X'(Xw - y) / N
    expected = 2 * inputs.T @ (inputs @ used.detach() - targets) / len(inputs)
    torch.testing.assert_close(used.grad, expected)
    assert unused.grad is None
