"""What tables and backbones have to agree on is checked before anything starts."""

from pathlib import Path

import pytest
from builders import spec

from study.orchestration.facts import arm_facts
from study.orchestration.validation import check_spec
from study.values.arm import build_arms
from study.values.hyperparameters import Augmentation
from study.values.problems import InputError

TASKS = [{"name": "diagnosis", "data": "breast_cancer"}]


def facts(tmp_path, protocol, inputs, **changes):
    mlp = {"source": "mlp", "weights": "none", "options": {"inputs": inputs, "widths": [4]}}
    asked = spec(**{"protocols": [protocol], "backbones": [mlp], "tasks": TASKS, **changes})
    return arm_facts(build_arms(asked)[0], asked, root=tmp_path)


def test_rows_of_another_length_are_refused(tmp_path):
    with pytest.raises(InputError, match="takes rows of 29 numbers, but those of task diagnosis have 30"):
        facts(tmp_path, "from_scratch", 29)


def test_frozen_random_layers_are_refused_for_nothing_would_standardise(tmp_path):
    with pytest.raises(InputError, match="nothing would learn what rows are standardised by"):
        facts(tmp_path, "linear_probe", 30)


def test_images_and_rows_do_not_mix_and_rows_are_not_augmented(tmp_path):
    with pytest.raises(InputError, match="takes rows of numbers, but task digit is on images"):
        facts(tmp_path, "from_scratch", 30, tasks=[{"name": "digit", "data": "digits"}])
    asked = {"augmentation": {"kinds": ["none", "flip"]}}
    assert facts(tmp_path, "from_scratch", 30, **asked).augmentations == (Augmentation.NONE,)


def test_stages_with_linear_layers_are_told(tmp_path):
    assert facts(tmp_path, "from_scratch", 30).linear_stages == (0,)
    digits = {"backbones": ["resnet18"], "tasks": [{"name": "digit", "data": "digits"}]}
    assert facts(tmp_path, "fine_tuning", 30, **digits).linear_stages == ()


def test_configurations_are_not_compared_by_their_own_losses():
    mlp = {"source": "mlp", "weights": "none", "options": {"inputs": 30, "widths": [4]}}
    asked = spec(protocols=["from_scratch"], backbones=[mlp], tasks=[{**TASKS[0], "metric": "loss"}])
    with pytest.raises(InputError, match=r"tasks\[0\].metric: losses cannot be compared.*; use nll"):
        check_spec(asked, root=Path())
    check_spec(asked, root=Path(), has_begun=True)
