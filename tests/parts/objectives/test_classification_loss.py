import numpy as np
import pytest
import torch
from sklearn.metrics import log_loss

from study.parts.objectives import gap_metrics, make_objective
from study.parts.tasks.data import MISSING, Images
from study.parts.tasks.task import Splits, Task


class Blank(Images):
    """Ten black images."""

    digest = "blank"

    def __len__(self):
        return 10

    def read(self, index):
        return torch.zeros(3, 2, 2, dtype=torch.uint8)

    def place(self, index):
        return str(index)


def objective(num_classes=3, label_smoothing=0.0):
    every = np.arange(10)
    task = Task(
        name="colour",
        inputs=Blank(),
        labels=every % num_classes,
        classes=tuple("abcdefgh"[:num_classes]),
        metric="accuracy",
        splits=Splits(train=every[:6], validation=every[6:8], test=every[8:]),
    )
    return make_objective(task, label_smoothing)


def test_the_loss_of_a_task_is_the_cross_entropy_over_its_classes():
    logits = torch.randn(20, 4, generator=torch.Generator().manual_seed(0))
    labels = torch.arange(20) % 4
    expected = log_loss(labels.numpy(), logits.double().softmax(1).numpy())
    assert objective(4).loss(logits, labels).item() == pytest.approx(expected, rel=1e-6)


def test_label_smoothing_spreads_a_share_of_the_target_over_all_classes():
    logits = torch.tensor([[2.0, 0.0, -1.0]])
    target = torch.tensor([[0.9 + 0.1 / 3, 0.1 / 3, 0.1 / 3]])
    expected = -(target * logits.log_softmax(1)).sum()
    assert objective(label_smoothing=0.1).loss(logits, torch.tensor([0])).item() == pytest.approx(expected.item())


@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_examples_without_a_label_take_no_part(label_smoothing):
    logits = torch.randn(6, 3, generator=torch.Generator().manual_seed(1), requires_grad=True)
    labels = torch.tensor([0, MISSING, 2, MISSING, 1, 1])
    loss = objective(label_smoothing=label_smoothing).loss(logits, labels)
    known = labels != MISSING
    assert loss.item() == pytest.approx(
        objective(label_smoothing=label_smoothing).loss(logits[known], labels[known]).item()
    )
    loss.backward()
    assert logits.grad[~known].abs().max() == 0
    assert logits.grad[known].abs().min() > 0


@pytest.mark.parametrize("label_smoothing", [0.0, 0.2])
def test_a_batch_without_any_label_costs_nothing_and_moves_nothing(label_smoothing):
    logits = torch.randn(4, 3, requires_grad=True)
    loss = objective(label_smoothing=label_smoothing).loss(logits, torch.full((4,), MISSING))
    assert loss.item() == 0
    loss.backward()
    assert torch.equal(logits.grad, torch.zeros(4, 3))


def test_metrics_can_be_measured_in_inference_mode():
    with torch.inference_mode():
        metrics = objective().new_metrics()
        metrics.update(torch.eye(3), torch.arange(3))
        assert metrics.compute()["accuracy"] == 1


def test_logits_of_another_width_are_refused():
    with pytest.raises(AssertionError, match=r"logits of shape \(2, 5\)"):
        objective().new_metrics().update(torch.zeros(2, 5), torch.zeros(2, dtype=torch.int64))


def test_the_gap_is_train_minus_validation():
    assert gap_metrics({"loss": 0.25, "accuracy": 1.0}, {"loss": 0.75, "accuracy": 0.5}) == {
        "loss": -0.5,
        "accuracy": 0.5,
    }
    with pytest.raises(AssertionError):
        gap_metrics({"loss": 1.0}, {})
