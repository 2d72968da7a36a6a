from __future__ import annotations

from collections.abc import Callable
from typing import Any

import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search_spaces.adapters import adapters
from search_spaces.fine_tuning import fine_tuning
from search_spaces.fine_tuning_methods import fine_tuning_methods
from search_spaces.linear_probe import linear_probe
from search_spaces.low_rank import low_rank
from search_spaces.mixing import mixing
from search_spaces.multi_task_methods import multi_task_methods
from search_spaces.optimisation import batch_sizes
from search_spaces.shared_representation import shared_representation
from search_spaces.unfreezing import unfreezing
from study.values.arm import ArmFacts
from study.values.fine_tuning_methods import LoraLayers
from study.values.hyperparameters import Augmentation, Hyperparameters, check_hyperparameters
from study.values.input_kind import InputKind
from study.values.protocols import Protocol
from study.values.task_balancing import TaskBalancing
from study.values.unfreezing import partial_epochs

Space = Callable[[optuna.Trial, ArmFacts], dict[str, Any]]
SPACES = {
    Protocol.FINE_TUNING: fine_tuning,
    Protocol.LINEAR_PROBE: linear_probe,
    Protocol.FROM_SCRATCH: fine_tuning,
    Protocol.SHARED_REPRESENTATION: shared_representation,
}


def _facts(protocol: Protocol, num_stages: int = 4, num_train: int = 2000, *, pretrained: bool = True) -> ArmFacts:
    low, high = protocol.freezing_depths(num_stages, pretrained=pretrained)
    tasks = ("defect", "type") if protocol.is_multi_task else ("defect",)
    return ArmFacts(
        arm=f"{protocol.value}/net/{'+'.join(tasks)}",
        protocol=protocol,
        num_stages=num_stages,
        min_freezing_depth=low,
        max_freezing_depth=high,
        tasks=tasks,
        num_classes=dict.fromkeys(tasks, 2),
        num_train=num_train,
        epochs=5,
    )


def _draw(
    facts: ArmFacts, seed: int, count: int, space: Space | None = None
) -> list[tuple[dict[str, Any], Hyperparameters]]:
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=seed))
    drawn = []
    for _ in range(count):
        trial = study.ask()
        suggested = (space or SPACES[facts.protocol])(trial, facts)
        drawn.append(
            (
                dict(trial.params),
                check_hyperparameters(
                    suggested,
                    num_stages=facts.num_stages,
                    tasks=facts.tasks,
                    space="shipped",
                    poolings=facts.poolings,
                    inputs=facts.inputs,
                ),
            )
        )
    return drawn


@settings(max_examples=60, deadline=None)
@given(
    protocol=st.sampled_from(list(Protocol)),
    num_stages=st.integers(1, 9),
    num_train=st.integers(1, 100_000),
    pretrained=st.booleans(),
    seed=st.integers(0, 2**31 - 1),
)
def test_every_configuration_is_one_that_the_arm_can_train(
    protocol: Protocol, num_stages: int, num_train: int, pretrained: bool, seed: int
) -> None:
    facts = _facts(protocol, num_stages, num_train, pretrained=pretrained)
    for params, values in _draw(facts, seed, 6):
        assert facts.min_freezing_depth <= values.freezing_depth <= facts.max_freezing_depth
        assert values.batch_size <= num_train
        assert ("backbone_learning_rate" in params) == (values.freezing_depth < num_stages)
        assert ("head_width" in params) == (values.head_depth > 0)
        assert ("momentum" in params) == (values.optimizer.value == "sgd")
        assert ("freezing_depth" in params) == (facts.min_freezing_depth < facts.max_freezing_depth)


@pytest.mark.parametrize("protocol", list(Protocol))
def test_parameters_are_called_what_they_set(protocol: Protocol) -> None:
    for params, values in _draw(_facts(protocol), 0, 20):
        for name, suggested in params.items():
            value: Any = values.model_dump(mode="json")
            for step in name.split(".", 1):
                value = value[step]
            assert value == suggested


def test_every_freezing_depth_is_tried() -> None:
    depths = {values.freezing_depth for _, values in _draw(_facts(Protocol.FINE_TUNING), 0, 80)}
    assert depths == {0, 1, 2, 3, 4}


def test_random_weights_are_given_larger_learning_rates() -> None:
    def rates(facts: ArmFacts) -> list[float]:
        return sorted(values.backbone_learning_rate or 0 for _, values in _draw(facts, 0, 60))

    pretrained, scratch = rates(_facts(Protocol.FINE_TUNING)), rates(_facts(Protocol.FROM_SCRATCH))
    assert scratch[-1] > 2e-2 > 1e-2 >= pretrained[-1]
    assert rates(_facts(Protocol.FINE_TUNING, pretrained=False)) == scratch


def test_a_linear_probe_is_linear() -> None:
    for _, values in _draw(_facts(Protocol.LINEAR_PROBE), 0, 20):
        assert values.head_depth == 0
        assert values.freezing_depth == 4


def test_each_task_has_a_weight_of_its_own() -> None:
    for params, values in _draw(_facts(Protocol.SHARED_REPRESENTATION), 0, 5):
        weights = {name: params[f"task_weights.{name}"] for name in ("defect", "type")}
        assert values.task_weights == weights
        assert len(set(weights.values())) == 2


@pytest.mark.parametrize(
    ("num_train", "sizes"),
    [
        (1, [1]),
        (2, [2]),
        (7, [4]),
        (16, [16]),
        (100, [16]),
        (128, [16]),
        (600, [16, 32, 64]),
        (10**6, [16, 32, 64, 128, 256]),
    ],
)
def test_batches_fit_the_data_and_leave_steps_to_take(num_train: int, sizes: list[int]) -> None:
    assert batch_sizes(num_train) == sizes


@pytest.mark.parametrize("protocol", list(Protocol))
def test_tpe_can_model_the_whole_space(protocol: Protocol, recwarn: pytest.WarningsRecorder) -> None:
    facts = _facts(protocol)
    sampler = optuna.samplers.TPESampler(seed=0, n_startup_trials=3, multivariate=True, group=True)
    study = optuna.create_study(sampler=sampler)
    recwarn.clear()
    for _ in range(15):
        trial = study.ask()
        values = SPACES[protocol](trial, facts)
        study.tell(trial, values["head_learning_rate"])
    assert not recwarn.list


@pytest.mark.parametrize("protocol", list(Protocol))
def test_augmentation_is_as_the_spec_names_it_or_searched_where_it_names_several(protocol: Protocol) -> None:
    def kinds(*named: Augmentation) -> set[tuple[str, bool]]:
        facts = _facts(protocol).model_copy(update={"augmentations": named})
        return {(values.augmentation.value, "augmentation" in params) for params, values in _draw(facts, 0, 30)}

    assert kinds(Augmentation.NONE) == {("none", False)}
    assert kinds(Augmentation.CROP) == {("crop", False)}
    assert kinds(Augmentation.NONE, Augmentation.FLIP) == {("none", True), ("flip", True)}


@pytest.mark.parametrize("protocol", list(Protocol))
def test_a_pooling_is_searched_where_there_are_several(protocol: Protocol) -> None:
    facts = _facts(protocol)
    assert not any("pooling" in params for params, _ in _draw(facts, 0, 3))
    several = facts.model_copy(update={"poolings": ("cls", "mean", "both")})
    assert {values.pooling for _, values in _draw(several, 0, 30)} == {"cls", "mean", "both"}


def test_multi_task_methods_come_with_their_own_parameters_alone() -> None:
    facts = _facts(Protocol.SHARED_REPRESENTATION).model_copy(update={"num_data_sets": 2})
    own = {
        "dwa_temperature": "dynamic_weight_average",
        "gradnorm_alpha": "gradnorm",
        "cagrad_c": "cagrad",
        "famo_weight_decay": "famo",
    }
    seen = set()
    for params, values in _draw(facts, 0, 300, multi_task_methods):
        method, frozen = values.task_balancing, values.freezing_depth == facts.num_stages
        seen.add(method)
        assert ("task_balancing" in params) == (not frozen)
        assert frozen <= (method is TaskBalancing.WEIGHTED_SUM)
        assert {name for name in own if name in params} == {name for name, of in own.items() if of == method.value}
        assert bool(values.task_weights) == (method is TaskBalancing.WEIGHTED_SUM)
        assert ("task_sampling_exponent" in params) == (not method.needs_shared_parameters)
    assert seen == set(TaskBalancing)
    alone = _draw(_facts(Protocol.SHARED_REPRESENTATION), 0, 100, multi_task_methods)
    assert not any("task_sampling_exponent" in params for params, _ in alone)


def test_fine_tuning_methods_of_stages_are_searched_where_stages_are_trained() -> None:
    facts = _facts(Protocol.FINE_TUNING)
    seen: set[str] = set()
    for params, values in _draw(facts, 0, 200, fine_tuning_methods):
        seen.update(values.methods)
        frozen = values.freezing_depth == facts.num_stages
        assert all((name in params) == (not frozen) for name in ("layer_decay", "batch_norm", "wise_ft", "l2_sp_on"))
        assert all((getattr(values, name) is not None) == params[on] for name, on in _SWITCHES.items() if on in params)
    assert {*_SWITCHES, "layer_decay", "batch_norm", "class_weighting"} == seen


def test_low_rank_changes_are_searched_where_an_unfrozen_stage_has_linear_layers() -> None:
    facts = _facts(Protocol.FINE_TUNING).model_copy(update={"linear_stages": (0, 2)})
    ranks = set()
    for params, values in _draw(facts, 0, 200, low_rank):
        assert ("lora" in params) == (values.freezing_depth <= 2)
        assert (values.lora_rank is not None) == params.get("lora", False)
        ranks.add(values.lora_rank)
    assert ranks == {None, 1, 2, 4, 8, 16, 32, 64}
    random = _facts(Protocol.FROM_SCRATCH, pretrained=False).model_copy(update={"linear_stages": (0, 2)})
    assert all("lora" not in params for params, _ in _draw(random, 0, 20, low_rank))


def test_convolutions_learn_by_low_rank_changes_where_a_backbone_has_no_linear_layers() -> None:
    facts = _facts(Protocol.FINE_TUNING).model_copy(update={"convolution_stages": (0, 1)})
    for params, values in _draw(facts, 0, 50, low_rank):
        assert ("lora" in params) == (values.freezing_depth <= 1)
        assert (values.lora_layers is LoraLayers.LINEAR_AND_CONVOLUTIONS) == params.get("lora", False)
    both = facts.model_copy(update={"linear_stages": (1,)})
    assert all(values.lora_layers is LoraLayers.LINEAR for _, values in _draw(both, 0, 50, low_rank))


def test_adapters_are_searched_where_an_unfrozen_stage_has_blocks() -> None:
    facts = _facts(Protocol.FINE_TUNING).model_copy(update={"block_stages": (1, 2), "linear_stages": (3,)})
    widths = set()
    for params, values in _draw(facts, 0, 200, adapters):
        assert ("with_adapters" in params) == (values.freezing_depth <= 2)
        assert (values.adapter_width is not None) == params.get("with_adapters", False)
        widths.add(values.adapter_width)
    assert widths == {None, 8, 16, 32, 64, 128, 256}
    random = _facts(Protocol.FROM_SCRATCH, pretrained=False).model_copy(update={"block_stages": (1, 2)})
    assert all("with_adapters" not in params for params, _ in _draw(random, 0, 20, adapters))


@pytest.mark.parametrize(
    ("epochs", "ways"), [(1, set()), (3, {"at_once", "probe_first"}), (9, {"at_once", "probe_first", "gradual"})]
)
def test_stages_wait_no_longer_than_leaves_an_epoch_to_train_them_all(epochs: int, ways: set[str]) -> None:
    facts = _facts(Protocol.FINE_TUNING).model_copy(update={"epochs": epochs})
    seen = set()
    for params, values in _draw(facts, 0, 100, unfreezing):
        seen.add(params.get("unfreezing"))
        assert partial_epochs(values, facts.num_stages) < epochs
        assert bool(values.probe_epochs) == (params.get("unfreezing") == "probe_first")
        assert bool(values.unfreeze_every) == (params.get("unfreezing") == "gradual")
    assert seen - {None} == ways
    from_scratch = _facts(Protocol.FROM_SCRATCH).model_copy(update={"epochs": epochs})
    assert not any("unfreezing" in params for params, _ in _draw(from_scratch, 0, 20, unfreezing))


@pytest.mark.parametrize("inputs", list(InputKind))
def test_examples_are_mixed_where_what_is_trained_reads_something_that_can_be(inputs: InputKind) -> None:
    facts = _facts(Protocol.FINE_TUNING).model_copy(update={"inputs": inputs})
    seen: set[str] = set()
    for params, values in _draw(facts, 0, 200, mixing):
        seen.update(values.methods)
        assert ("mixup" in params) == (inputs is not InputKind.TEXT or values.freezing_depth == facts.num_stages)
        assert ("cutmix" in params) == (inputs is InputKind.IMAGE and values.freezing_depth == 0)
        assert (values.mixup_alpha is not None) == params.get("mixup", False)
        assert (values.cutmix_alpha is not None) == params.get("cutmix", False)
    assert seen == {"mixup_alpha"} | ({"cutmix_alpha"} if inputs is InputKind.IMAGE else set())


_SWITCHES = {"ema_decay": "ema", "sam_radius": "sam", "wise_ft_alpha": "wise_ft", "l2_sp": "l2_sp_on"}
"""By hyperparameter, what says whether it is on."""
