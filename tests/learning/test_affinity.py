"""Inter-task affinity is what a step along one task's gradient does to another's loss, and nothing is left of it."""

import numpy as np
import pytest
import torch
from torch import nn, optim
from torch.optim.lr_scheduler import LambdaLR

from study.learning.affinity import measure_affinities
from study.learning.loop import Learner
from study.learning.model import AdaptedModel
from study.learning.stream import Stream
from study.parts.backbones import Backbone
from study.parts.objectives.objective import Objective
from study.parts.preprocessing import Preprocessing
from study.parts.tasks.data import MISSING

CPU = torch.device("cpu")
RATE = 0.01


class Quadratic(Objective):
    """The mean squared difference of a linear model's output and a label."""

    def loss(self, outputs, labels):
        known = labels != MISSING
        return ((outputs[:, 0] - labels) ** 2 * known).sum() / known.sum().clamp(min=1)

    def new_metrics(self):
        raise NotImplementedError

    @classmethod
    def stack(cls, objectives):
        raise NotImplementedError


class Rows:
    """Vectors as they are."""

    def __init__(self, values):
        self.values = values

    def batch(self, rows, device):
        return self.values[rows].to(device)


def linear(width, *weights):
    layer = nn.Linear(width, len(weights) // width, bias=False)
    layer.weight.data.copy_(torch.tensor(weights).view(-1, width))
    return layer


def learner(streams, heads, *, num_frozen=0, stages=None, batch_size=8):
    backbone = Backbone(stages or [linear(2, 0.5, -1.0)], feature_width=1, preprocessing=Preprocessing(image_size=8))
    model = AdaptedModel(backbone, [linear(1, weight) for weight in heads], num_frozen)
    optimizer = optim.Adam(
        [{"params": model.heads.parameters(), "lr": 9.0}, {"params": backbone.parameters(), "lr": RATE}]
    )
    return Learner(
        model=model,
        streams=streams,
        task_names=[f"t{number}" for number in range(len(heads))],
        objectives=[Quadratic() for _ in heads],
        weights=[1.0 for _ in heads],
        optimizer=optimizer,
        schedule=LambdaLR(optimizer, lambda step: 1.0),
        batch_size=batch_size,
        device=CPU,
    )


def stream(tasks, inputs, labels):
    rows = torch.arange(len(inputs))
    return Stream(
        tasks=tasks,
        inputs=Rows(torch.as_tensor(inputs, dtype=torch.float32)),
        start=0,
        labels=torch.as_tensor(labels).view(len(tasks), -1),
        train=rows,
        validation=rows,
    )


def by_hand(theta, source, target):
    """Return Z for linear tasks (inputs, labels, head): a step for one, the loss of the other."""

    def loss(at, inputs, labels, head):
        return np.mean((head * inputs @ at - labels) ** 2)

    inputs, labels, head = source
    gradient = np.mean(2 * (head * inputs @ theta - labels)[:, np.newaxis] * head * inputs, axis=0)
    return 1 - loss(theta - RATE * gradient, *target) / loss(theta, *target)


@pytest.fixture
def data():
    random = np.random.default_rng(0)
    return random.normal(size=(8, 2)), random.integers(3, size=(2, 8)), random.normal(size=(8, 2))


def test_of_two_linear_tasks_on_the_same_inputs_it_is_what_is_worked_out_by_hand(data):
    inputs, labels, _ = data
    found = measure_affinities(learner([stream((0, 1), inputs, labels)], [1.0, -2.0]), seed=1)
    tasks = [(inputs, labels[0], 1.0), (inputs, labels[1], -2.0)]
    expected = {(i, j): by_hand(np.array([0.5, -1.0]), tasks[i], tasks[j]) for i in (0, 1) for j in (0, 1)}
    assert found == pytest.approx(expected, rel=1e-3)
    assert len({round(value, 5) for value in expected.values()}) == 4, "no two pairs could be mixed up"


def test_tasks_with_inputs_of_their_own_are_each_measured_on_theirs(data):
    inputs, labels, others = data
    streams = [stream((0,), inputs, labels[0]), stream((1,), others, labels[1])]
    found = measure_affinities(learner(streams, [1.0, -2.0]), seed=1)
    tasks = [(inputs, labels[0], 1.0), (others, labels[1], -2.0)]
    expected = {(i, j): by_hand(np.array([0.5, -1.0]), tasks[i], tasks[j]) for i in (0, 1) for j in (0, 1)}
    assert found == pytest.approx(expected, rel=1e-3)


def test_a_task_without_a_label_in_the_batch_has_none_and_gives_none(data):
    inputs, labels, _ = data
    found = measure_affinities(
        learner([stream((0, 1), inputs, np.stack([labels[0], np.full(8, MISSING)]))], [1.0, -2.0]), seed=1
    )
    assert found.keys() == {(0, 0), (1, 0)}
    assert found[1, 0] == 0, "a step along no gradient changes nothing"


class Everything(nn.Module):
    """Batch norm, dropout and numbers of its own."""

    def __init__(self):
        super().__init__()
        self.norm, self.drop = nn.BatchNorm1d(2), nn.Dropout(0.5)

    def forward(self, inputs):
        return self.drop(self.norm(inputs + 0.01 * torch.randn(1)))


def test_nothing_that_is_trained_or_drawn_is_left_changed(data):
    inputs, labels, _ = data
    stages = [Everything(), linear(2, 0.5, -1.0)]
    made = learner([stream((0, 1), inputs, labels)], [1.0, -2.0], stages=stages, batch_size=4)
    made.train_epoch(torch.Generator().manual_seed(0))
    made.model.eval()
    torch.manual_seed(5)
    before = state(made)
    first = measure_affinities(made, seed=1)
    assert_equal(state(made), before)
    assert not made.model.training
    assert measure_affinities(made, seed=1) == first, "the same units are dropped every time"
    assert measure_affinities(made, seed=2) != first, "another batch"
    expected = torch.rand(3, generator=torch.Generator().manual_seed(5))
    assert torch.equal(torch.rand(3), expected)


def state(made):
    moments = made.optimizer.state_dict()["state"]
    gradients = [one.grad.clone() for one in made.model.parameters()]
    return {
        **{name: value.clone() for name, value in made.model.state_dict().items()},
        **{f"{one}/{name}": value.clone() for one, values in moments.items() for name, value in values.items()},
        **{f"gradient/{number}": value for number, value in enumerate(gradients)},
    }


def assert_equal(one, other):
    assert one.keys() == other.keys()
    assert all(torch.equal(value, other[name]) for name, value in one.items())
