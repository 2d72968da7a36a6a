"""Two processes that train one trial together do what one does."""

import json
import multiprocessing
import os
import signal
import time
from pathlib import Path

import pytest
import torch
from builders import plan

from study.learning import process_group
from study.learning.ranks import Ranks
from study.trial.trial import Trial, run_trial
from study.values.arm import build_arms
from study.values.hyperparameters import Hyperparameters
from study.values.lineage import Segment
from study.values.plan import TrialPlan
from study.values.problems import InputError
from study.values.spec import StudySpec

TOLERANCE = 1e-5
PARTS = (Path(__file__).parents[1] / "own" / "parts.py").read_text()
UNEVEN = """

def uneven():
    \"\"\"Digits of which most lack one of their labels, the first half the one and the second half the other.\"\"\"
    images, labels = two_labels()
    digit = [None if n < 250 else int(value) for n, value in enumerate(labels["digit"])]
    odd = [None if n >= 400 else value for n, value in enumerate(labels["odd"])]
    known = np.arange(1200).reshape(600, 2) % 7 > 2
    tags = np.where(known, np.stack([labels["digit"] > 4, labels["digit"] % 3 == 0], axis=1), -1)
    return images, {"digit": digit, "odd": odd, "tags": tags.astype(int)}


def linear_net():
    return with_weights([nn.Sequential(nn.Flatten(), nn.Linear(192, 16), nn.ReLU()), nn.Linear(16, 16), nn.ReLU()])


def block_net():
    from torchvision.models.resnet import BasicBlock

    return with_weights([nn.Conv2d(3, 16, 1), BasicBlock(16, 16), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())])


def with_weights(stages):
    generator = np.random.default_rng(0)
    for stage in stages:
        for parameter in stage.parameters():
            parameter.data.copy_(parameter.data.new_tensor(generator.normal(0, 0.2, size=parameter.shape)))
    return Backbone(stages, feature_width=16, preprocessing=Preprocessing(image_size=8))
"""
SHARED = [{"name": name, "data": "parts.py:two_labels", "target": name} for name in ("digit", "odd")]
PARTLY = [{"name": name, "data": "parts.py:uneven", "target": name} for name in ("digit", "odd")]
OF_OTHER_KINDS = [
    {"name": "tags", "data": "parts.py:uneven", "target": "tags", "kind": "multi_label"},
    {"name": "digit", "data": "parts.py:uneven", "target": "digit", "kind": "ordinal"},
]
IN_TURNS = [SHARED[0], {"name": "other", "data": "digits", "limit": 300}]
# Where batch norm is trained: a bias before it has no gradient but rounding, which Adam scales up to whole steps. They
# differ from run to run of other sums, and so do the metrics, a little.
SGD = {"optimizer": "sgd", "momentum": 0.9}
CASES = {
    "heads alone, on cached features": {"depth": 3},
    "no batch norm among what is trained": {"depth": 2},
    "batch norm trained, on cached features": {"depth": 1, **SGD},
    "everything trained": {"depth": 0, **SGD},
    "parts of unequal length": {"depth": 0, "batch_size": 31, **SGD},
    "labels missing": {"depth": 2, "tasks": PARTLY},
    "labels not known, and classes in an order": {"depth": 2, "tasks": OF_OTHER_KINDS},
    "tasks in turns": {"depth": 1, "tasks": IN_TURNS, **SGD},
    "gradients taken apart": {"depth": 1, "task_balancing": "pcgrad", "tasks": IN_TURNS, **SGD},
    "weights that are trained": {"depth": 1, "task_balancing": "uncertainty", **SGD},
    "weights from gradients, labels missing": {"depth": 2, "task_balancing": "gradnorm", "tasks": PARTLY},
    "a second look at the losses": {"depth": 0, "task_balancing": "famo", **SGD},
    "a stage that rests at first": {"depth": 1, "unfreeze_every": 1, **SGD},
    "mixed, labels missing": {"depth": 2, "mixup_alpha": 1.0, "tasks": PARTLY},
    "patches of others, unequal parts": {"depth": 0, "cutmix_alpha": 1.0, "batch_size": 31, **SGD},
    "changes of low rank": {"depth": 0, "lora_rank": 2, "backbone": "linear_net"},
    "adapters behind blocks": {"depth": 1, "adapter_width": 4, "backbone": "block_net", **SGD},
    "examples set aside": {"depth": 1, "outer": 0.25, **SGD},
    "gradients clipped, drawn to the start, averaged": {
        "depth": 1,
        "gradient_clip": 0.5,
        "l2_sp": 0.1,
        "ema_decay": 0.9,
        "layer_decay": 0.5,
        "class_weighting": "balanced",
        "tasks": PARTLY,
        **SGD,
    },
    "two passes a step, weights half-way to the start": {"depth": 0, "sam_radius": 0.05, "wise_ft_alpha": 0.5, **SGD},
    "another configuration at first": {
        "depth": 1,
        "at_first": {"head_learning_rate": 0.03, "momentum": 0.5, "task_weights": {"digit": 1.0, "odd": 0.2}},
        "task_weights": {"digit": 0.3, "odd": 1.0},
        **SGD,
    },
    "batches in parts": {"depth": 2, "accumulation_steps": 3, "batch_norm": "frozen_statistics", **SGD},
}


def planned(
    tmp_path, *, depth, tasks=SHARED, epochs=2, outer=0.0, backbone="small_net", at_first=None, **values
) -> TrialPlan:
    (tmp_path / "parts.py").write_text(PARTS + UNEVEN)
    protocol = "shared_representation" if len(tasks) > 1 else "fine_tuning"
    spec = StudySpec.model_validate(
        {"name": "t", "protocols": [protocol], "backbones": [f"parts.py:{backbone}"], "tasks": tasks}
    )
    whole = {"head_learning_rate": 0.01, "batch_size": 32, "dropout": 0.0, **values}
    if depth < 3:
        whole["backbone_learning_rate"] = 0.003
    first = Hyperparameters.model_validate({**whole, **(at_first or {}), "freezing_depth": depth})
    return plan(
        0,
        arm=build_arms(spec)[0],
        hyperparameters=Hyperparameters.model_validate({**whole, "freezing_depth": depth}),
        lineage=(Segment(trial=1, hyperparameters=first, until_epoch=1),) if at_first else (),
        epochs=epochs,
        outer=outer,
        num_workers=2,
        root=str(tmp_path),
        cache_dir=str(tmp_path / "cache"),
    )


def rank(number: int, folder: Path, plans: list[str]) -> None:
    """Train trials as one of two ranks; rank 0 writes down their metrics, both what their weights add up to."""
    ranks = Ranks(rank=number, size=2)
    process_group.join(ranks, folder / "meeting", torch.device("cpu"), timeout_s=120)
    found = []
    for text in plans:
        trial = Trial(TrialPlan.model_validate_json(text), ranks=ranks)
        metrics = []
        if number == 0:
            metrics = [{**epoch.metrics, **epoch.outer} for epoch in trial.epochs()]
        else:
            for _ in range(trial.plan.epochs):
                trial.train_epoch()
        weights = [float(value.double().sum()) for value in trial.model.state_dict().values()]
        found.append({"metrics": metrics, "weights": weights, "draw": torch.rand(1).item()})
    process_group.leave()
    (folder / f"rank{number}.json").write_text(json.dumps(found))


def waiting_rank(number: int, folder: Path, what_happens: str) -> None:
    """Wait for a rank that does not come, and write down what the wait ended with."""
    process_group.join(Ranks(rank=number, size=2), folder / "meeting", torch.device("cpu"), timeout_s=10)
    if number == 1:
        (folder / "ready").touch()
        if what_happens == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(600)
    try:
        Ranks(rank=0, size=2).total(torch.ones(3))
    except Exception as error:
        (folder / "error.json").write_text(json.dumps([process_group.is_broken_connection(error), str(error)]))


def start(target, *arguments):
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=target, args=(number, *arguments), daemon=True) for number in range(2)]
    for process in processes:
        process.start()
    return processes


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    folder = tmp_path_factory.mktemp("ranks")
    plans = {name: planned(folder, **values) for name, values in CASES.items()}
    with_dropout = planned(folder, depth=3, dropout=0.5)
    texts = [one.model_dump_json() for one in (*plans.values(), with_dropout)]
    for process in start(rank, folder, texts):
        process.join(300)
        assert process.exitcode == 0
    ranks = [json.loads((folder / f"rank{number}.json").read_text()) for number in range(2)]
    return plans, dict(zip([*plans, "with dropout"], zip(*ranks, strict=True), strict=True))


@pytest.mark.parametrize("case", CASES)
def test_two_workers_train_what_one_does(both, case):
    plans, found = both
    alone = [{**epoch.metrics, **epoch.outer} for epoch in run_trial(plans[case])]
    together = found[case][0]["metrics"]
    assert len(alone) == len(together) == 2
    for one, other in zip(alone, together, strict=True):
        assert one.keys() == other.keys()
        for name, value in one.items():
            assert value == pytest.approx(other[name], abs=TOLERANCE), name


@pytest.mark.parametrize("case", CASES)
def test_both_hold_the_same_weights_and_running_statistics(both, case):
    first, second = both[1][case]
    assert first["weights"] == second["weights"]


def test_each_worker_drops_units_of_its_own(both):
    first, second = both[1]["with dropout"]
    assert first["draw"] != second["draw"]


def test_a_batch_smaller_than_the_workers_is_refused(tmp_path):
    with pytest.raises(InputError, match="batch_size = 2 cannot be shared by workers_per_trial = 3"):
        Trial(planned(tmp_path, depth=3, batch_size=2), ranks=Ranks(size=3))


@pytest.mark.parametrize("what_happens", ["killed", "hangs"])
def test_a_wait_for_a_worker_that_is_gone_ends(tmp_path, what_happens):
    first, second = start(waiting_rank, tmp_path, what_happens)
    first.join(120)
    assert (tmp_path / "ready").exists(), "both had met"
    second.kill()
    is_broken, message = json.loads((tmp_path / "error.json").read_text())
    assert is_broken, message
