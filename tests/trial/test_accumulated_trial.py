"""A trial that computes its batches in parts trains as one that computes them whole."""

import pytest
import torch
from test_trial import metrics, own_plan

from study.learning.batch import Batch
from study.parts.tasks.data import MISSING
from study.trial.trial import Trial
from study.values.hyperparameters import check_hyperparameters
from study.values.problems import InputError

WITHOUT_BATCH_NORM = 2
"""Depth from which the small net trains no batch norm."""


@pytest.mark.parametrize("share_missing", [0.0, 0.7])
def test_small_batches_take_the_step_of_one_big_batch(tmp_path, share_missing):
    def gradients(num_parts):
        values = {"dropout": 0.0, "accumulation_steps": num_parts}
        planned = own_plan(tmp_path, depth=WITHOUT_BATCH_NORM, protocol="shared_representation", values=values)
        learner = Trial(planned).learner
        [stream] = learner.streams
        unknown = torch.rand(stream.labels.shape, generator=torch.Generator().manual_seed(0)) < share_missing
        stream.labels[unknown] = MISSING
        learner._find_step_gradients(learner.step_on([Batch.of(stream, stream.train[:32])]))
        return [one.grad for one in learner.update.parameters]

    for whole, parts in zip(gradients(1), gradients(5), strict=True):
        torch.testing.assert_close(whole, parts)


def test_the_whole_trial_learns_the_same(tmp_path):
    values = {"dropout": 0.0, "optimizer": "sgd"}
    whole = metrics(own_plan(tmp_path, depth=WITHOUT_BATCH_NORM, values=values))
    parts = metrics(own_plan(tmp_path, depth=WITHOUT_BATCH_NORM, values={**values, "accumulation_steps": 4}))
    name = "validation/digit/loss"
    assert [one[name] for one in parts] == pytest.approx([one[name] for one in whole], rel=1e-4)


def test_a_batch_has_an_example_for_each_of_its_parts():
    values = {"freezing_depth": 3, "head_learning_rate": 0.1, "batch_size": 4, "accumulation_steps": 5}
    with pytest.raises(InputError, match="accumulation_steps = 5, but batch_size = 4 has no more parts"):
        check_hyperparameters(values, num_stages=3, tasks=("digit",), space="mine")
