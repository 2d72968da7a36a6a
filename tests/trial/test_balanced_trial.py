"""Trials whose tasks share a backbone by another method than the sum of their losses."""

import sys

import pytest
import torch
from builders import plan
from test_trial import OWN, TASKS, assert_close, metrics, own_plan

from study.learning.batch import Batch
from study.learning.loop import draw, steps_per_epoch
from study.trial.pack import TrialPack
from study.trial.trial import Trial, run_trial
from study.values.hyperparameters import Hyperparameters
from study.values.packing import is_packable
from study.values.problems import InputError
from study.values.task_balancing import TaskBalancing

OWN_DATA = [TASKS[0], {"name": "more", "data": "parts.py:more_digits", "target": "digit"}]
TRAINED = {"epochs": 3, "tasks": OWN_DATA, "values": {"warmup_fraction": 0.2}}
OTHERS = [method for method in TaskBalancing if method is not TaskBalancing.WEIGHTED_SUM]
PARTLY = [{"name": name, "data": "partly.py:partly", "target": name} for name in ("digit", "odd")]
PARTLY_FILE = f"""
import runpy

OWN = runpy.run_path({str(OWN / "parts.py")!r})
small_net, two_labels = OWN["small_net"], OWN["two_labels"]


def partly():
    images, labels = two_labels()
    digit = [None if n < 280 else int(value) for n, value in enumerate(labels["digit"])]
    odd = [None if n >= 320 else value for n, value in enumerate(labels["odd"])]
    return images, {{"digit": digit, "odd": odd}}
"""


def balanced(tmp_path, method, **changes):
    values = {"task_balancing": method, "optimizer": "sgd", **changes.pop("values", {})}
    return own_plan(tmp_path, protocol="shared_representation", values=values, **changes)


@pytest.fixture(scope="module")
def summed(tmp_path_factory):
    return metrics(balanced(tmp_path_factory.mktemp("summed"), TaskBalancing.WEIGHTED_SUM, **TRAINED))


@pytest.mark.parametrize("method", OTHERS)
def test_a_trial_gets_somewhere_by_another_way_and_a_resumed_one_goes_on_bit_by_bit(tmp_path, method, summed):
    planned = balanced(tmp_path, method, **TRAINED)
    trial, found = Trial(planned), []
    for epoch in trial.epochs():
        found.append(epoch.metrics)
        if trial.epoch == 2:
            trial.save(tmp_path / "checkpoint")
    assert metrics(planned.model_copy(update={"checkpoint": str(tmp_path / "checkpoint")})) == found[2:]
    assert epoch.notes["task_balancing"] == method.value
    assert found[-1]["train/digit/loss"] < found[0]["train/digit/loss"]
    assert found[-1] != summed[-1]


@pytest.mark.parametrize("tasks", [TASKS, OWN_DATA], ids=["same inputs", "own inputs"])
def test_gradients_taken_apart_and_put_together_again_are_the_sums(tmp_path, tasks):
    """CAGrad with no ball around the mean gradient is the plain sum, of all tasks in one step."""
    values = {"cagrad_c": 0.0, "schedule": "constant"}
    apart, summed = (
        Trial(balanced(tmp_path, method, depth=1, tasks=tasks, values=values))
        for method in (TaskBalancing.CAGRAD, TaskBalancing.WEIGHTED_SUM)
    )
    if tasks is OWN_DATA:
        assert (apart.learner.batches_per_step, summed.learner.batches_per_step) == (2, 1)
        summed.learner.balancing.is_joint = True
    assert_close([epoch.metrics for epoch in apart.epochs()], [epoch.metrics for epoch in summed.epochs()])


@pytest.mark.parametrize("method", [one for one in TaskBalancing if one.needs_shared_parameters])
def test_where_nothing_shared_is_trained_a_trial_is_the_plain_one_alone_and_in_a_pack(tmp_path, method):
    frozen = balanced(tmp_path, method, depth=3, tasks=OWN_DATA, trains_heads_only=True)
    plain = balanced(tmp_path, TaskBalancing.WEIGHTED_SUM, depth=3, tasks=OWN_DATA)
    records = list(run_trial(frozen))
    note = f"weighted_sum in place of {method.value}: nothing that tasks share is trained"
    assert records[0].notes["task_balancing"] == note
    assert [epoch.metrics for epoch in records] == metrics(plain)
    assert is_packable(frozen)
    packed = [outcome[0].metrics for outcome in TrialPack([frozen]).epochs()]
    assert_close(packed, metrics(plain))


@pytest.mark.parametrize("values", [{"lora_rank": 4}, {"probe_epochs": 3}, {"unfreeze_every": 1}])
def test_what_is_done_to_stages_keeps_no_trial_of_heads_alone_out_of_a_pack(values):
    packed = plan(trains_heads_only=True)
    other = Hyperparameters.model_validate({**packed.hyperparameters.model_dump(), **values})
    assert is_packable(packed.model_copy(update={"hyperparameters": other}))


@pytest.mark.parametrize(
    "values", [{"task_balancing": "uncertainty"}, {"task_balancing": "random_weights"}, {"task_sampling_exponent": 0.5}]
)
def test_what_a_pack_does_not_do_is_not_packed(values):
    packed = plan(trains_heads_only=True)
    other = Hyperparameters.model_validate({**packed.hyperparameters.model_dump(), **values})
    assert is_packable(packed)
    assert not is_packable(packed.model_copy(update={"hyperparameters": other}))


@pytest.mark.parametrize("method", ["uncertainty", "gradnorm", "pcgrad", "famo"])
def test_bfloat16_and_missing_labels(tmp_path, method):
    (tmp_path / "partly.py").write_text(PARTLY_FILE)
    planned = balanced(
        tmp_path,
        method,
        root=str(tmp_path),
        backbone="partly.py:small_net",
        tasks=PARTLY,
        precision="bfloat16",
        values={"batch_size": 8, "optimizer": "adamw"},
    )
    first, last = metrics(planned)
    for task in ("digit", "odd"):
        assert last[f"train/{task}/loss"] < first[f"train/{task}/loss"]


def test_famo_looks_again_at_what_it_saw_and_leaves_no_trace_of_it(tmp_path):
    values = {"dropout": 0.5, "augmentation": "crop"}
    trial = Trial(balanced(tmp_path, TaskBalancing.FAMO, depth=0, values=values))
    learner, heard = trial.learner, []
    learner.balancing.learn = heard.append
    learner.model.train()
    step = learner.step_on([Batch.of(learner.streams[0], learner.streams[0].train[:32])])
    torch.manual_seed(3)
    before = learner._totals(learner._all_losses(step.whole))
    drawn = torch.get_rng_state()
    for group in learner.optimizer.param_groups:
        group["lr"] = 0.0
    for buffer in trial.model.buffers():
        buffer.zero_()
    torch.manual_seed(3)
    learner._step(step)
    assert heard == [before], "the same views of the same examples, and the same units dropped"
    assert torch.equal(torch.get_rng_state(), drawn)
    assert [int(one) for one in trial.model.buffers() if one.ndim == 0] == [1, 1], "batches that batch norm has seen"


def test_which_data_set_is_next_is_drawn_by_its_size(tmp_path):
    tasks = [TASKS[0], {"name": "all_digits", "data": "digits", "limit": 120}]
    trial = Trial(balanced(tmp_path, TaskBalancing.WEIGHTED_SUM, tasks=tasks, values={"task_sampling_exponent": 0.5}))
    streams = trial.learner.streams
    sizes = [len(stream.train) for stream in streams]
    assert sizes == [360, 72]
    for exponent in (0.0, 0.5, 1.0):
        drawn = [
            stream.tasks[0]
            for seed in range(60)
            for stream, rows in draw(streams, 32, torch.Generator().manual_seed(seed), exponent)
        ]
        assert len(drawn) == 60 * steps_per_epoch(streams, 32) == 60 * 2 * (360 // 32)
        expected = sizes[0] ** exponent / (sizes[0] ** exponent + sizes[1] ** exponent)
        assert drawn.count(0) / len(drawn) == pytest.approx(expected, abs=0.04)
    [*_, last] = trial.epochs()
    assert last.notes["task_sampling"] == "drawn in proportion to n^0.5"


def test_a_method_without_its_package_is_refused_with_how_to_get_it(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torchjd", None)
    with pytest.raises(InputError, match=r"pcgrad needs torchjd: pip install 'pretrained-study\[multitask\]'"):
        Trial(balanced(tmp_path, TaskBalancing.PCGRAD))


def test_famo_sees_no_progress_where_there_is_none_whatever_the_tasks_weigh(tmp_path):
    still = {"head_learning_rate": 1e-12, "backbone_learning_rate": 1e-12, "dropout": 0.0, "famo_weight_decay": 0.0}
    weights = {"task_weights": {"digit": 5.0, "odd": 1.0}}
    trial = Trial(balanced(tmp_path, TaskBalancing.FAMO, depth=2, values={**still, **weights}))
    list(trial.epochs())
    assert trial.learner.balancing.state()["logits"].abs().max() < 1e-6
