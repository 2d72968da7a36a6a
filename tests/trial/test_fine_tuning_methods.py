"""What holds for every fine-tuning method: it trains, resumes bit by bit, and its outputs are those of what is kept."""

import pytest
import torch
from test_trial import own_plan

from study.parts.objectives.classification import Classification
from study.parts.tasks.data import MISSING
from study.trial.assessment import assess
from study.trial.class_weights import class_weights
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.fine_tuning_methods import ClassWeighting
from study.values.hyperparameters import check_hyperparameters
from study.values.metric_names import OBJECTIVE
from study.values.plan import Purpose
from study.values.problems import InputError
from study.values.scoring import SelectionRule

METHODS = [
    {"ema_decay": 0.9},
    {"wise_ft_alpha": 0.5},
    {"ema_decay": 0.8, "wise_ft_alpha": 0.7, "sam_radius": 0.05},
    {"sam_radius": 0.05},
    {"l2_sp": 0.1},
    {"layer_decay": 0.5},
    {"batch_norm": "frozen_statistics"},
    {"class_weighting": "balanced"},
]


@pytest.fixture(scope="module")
def materials():
    return Materials()


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def trial_of(cache, materials, *, method=None, checkpoint=None, epochs=3, **changes):
    values = {"batch_size": 90, **(method or {})}
    planned = own_plan(cache, epochs=epochs, values=values, **changes)
    return Trial(planned.model_copy(update={"checkpoint": checkpoint and str(checkpoint)}), materials)


def metrics(trial):
    return [record.metrics for record in trial.epochs()]


@pytest.fixture(scope="module")
def plain(cache, materials):
    return metrics(trial_of(cache, materials))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: "-".join(method))
def test_a_resumed_trial_is_the_uninterrupted_one_bit_by_bit(cache, materials, tmp_path, plain, method):
    whole = trial_of(cache, materials, method=method)
    undisturbed = metrics(whole)
    assert undisturbed != plain, "the method does something"
    first = trial_of(cache, materials, method=method)
    epochs = first.epochs()
    before = [next(epochs).metrics for _ in range(2)]
    first.save(tmp_path / "kept")
    second = trial_of(cache, materials, method=method, checkpoint=tmp_path / "kept")
    assert before + metrics(second) == undisturbed
    ends = whole.model.state_dict(), second.model.state_dict()
    assert all(torch.equal(value, ends[1][name]) for name, value in ends[0].items())


@pytest.mark.parametrize("rule", list(SelectionRule))
@pytest.mark.parametrize("method", METHODS, ids=lambda method: "-".join(method))
def test_what_is_assessed_and_kept_is_what_was_measured(cache, materials, tmp_path, method, rule):
    trial = trial_of(cache, materials, method=method, purpose=Purpose.ASSESSMENT, selection=rule)
    objectives = [one[OBJECTIVE] for one in metrics(trial)]
    expected = max(objectives) if rule is SelectionRule.BEST_EPOCH else objectives[-1]
    predictions = assess(trial).predictions
    assert trial._measure()[OBJECTIVE] == pytest.approx(expected)
    trial.save(tmp_path / "kept")
    kept = trial_of(
        cache, materials, method=method, purpose=Purpose.ASSESSMENT, selection=rule, checkpoint=tmp_path / "kept"
    )
    again = assess(kept).predictions
    for one, other in zip(predictions, again, strict=True):
        assert (one.logits == other.logits).all()


def test_weights_between_start_and_end_are_measured_and_those_of_the_end_are_trained(cache, materials):
    trained = trial_of(cache, materials)
    start = {name: value.clone() for name, value in trained.model.state_dict().items()}
    metrics(trained)
    between = trial_of(cache, materials, method={"wise_ft_alpha": 0.25})
    metrics(between)
    ends = trained.model.state_dict()
    assert all(torch.equal(value, ends[name]) for name, value in between.model.state_dict().items())
    between.use_chosen_weights()
    for name, value in between.model.state_dict().items():
        if name.startswith("backbone.") and value.is_floating_point():
            torch.testing.assert_close(value, 0.75 * start[name] + 0.25 * ends[name])
        else:
            assert torch.equal(value, ends[name])


def test_an_interpolation_that_ends_at_what_was_trained_changes_nothing(cache, materials, plain):
    assert metrics(trial_of(cache, materials, method={"wise_ft_alpha": 1.0})) == plain


def test_sharpness_with_a_method_that_goes_by_a_batch_is_refused():
    values = {"freezing_depth": 3, "head_learning_rate": 0.1, "batch_size": 4}
    with pytest.raises(InputError, match=r"sam_radius = 0\.1, but task_balancing = famo goes by what one pass"):
        check_hyperparameters(
            {**values, "sam_radius": 0.1, "task_balancing": "famo"}, num_stages=3, tasks=("a", "b"), space="s"
        )


def test_learning_rates_fall_by_a_factor_a_stage_towards_the_input(cache, materials):
    trial = trial_of(cache, materials, method={"layer_decay": 0.5}, depth=0)
    rates = {one: group["initial_lr"] for group in trial.learner.optimizer.param_groups for one in group["params"]}
    for stage, rate in zip(trial.model.backbone.stages, (0.003 / 4, 0.003 / 2, 0.003), strict=True):
        assert {rates.pop(one) for one in stage.parameters()} == {rate}
    assert set(rates) == set(trial.model.heads.parameters())


@pytest.mark.parametrize("others", [{}, {"layer_decay": 0.5}], ids=["alone", "with layer_decay"])
def test_stages_that_are_drawn_to_their_start_are_not_drawn_to_zero_too(cache, materials, others):
    trial = trial_of(cache, materials, method={"l2_sp": 0.1, "weight_decay": 0.01, **others}, depth=0)
    decays = {one: group["weight_decay"] for group in trial.learner.optimizer.param_groups for one in group["params"]}
    assert {decays[one] for one in trial.model.backbone.parameters()} == {0.0}
    assert {decays[one] for one in trial.model.heads.parameters()} == {0.01, 0.0}, "biases are not decayed"


def test_statistics_stay_and_scale_and_shift_are_trained(cache, materials):
    trial = trial_of(cache, materials, method={"batch_norm": "frozen_statistics"}, depth=0)
    norm = trial.model.backbone.stages[1][1]
    statistics, scale = [one.clone() for one in norm.buffers()], norm.weight.detach().clone()
    metrics(trial)
    assert all(torch.equal(one, other) for one, other in zip(norm.buffers(), statistics, strict=True))
    assert not torch.equal(norm.weight, scale)


def test_with_class_weights_all_classes_count_alike():
    from_classes = Classification(3, label_smoothing=0.1, class_weights=torch.tensor([6 / 9, 6 / 6, 6 / 3]))
    plain = Classification(3, label_smoothing=0.1)
    labels = torch.tensor([0, 0, 0, 1, 1, 2, MISSING])
    outputs = torch.randn(7, 3, generator=torch.Generator().manual_seed(0))
    expected = sum(plain.loss(outputs[labels == one], labels[labels == one]) for one in range(3)) / 3
    torch.testing.assert_close(from_classes.loss(outputs, labels), expected)


def test_class_weights_are_those_of_the_training_examples(cache, materials):
    trial = trial_of(cache, materials)
    [stream] = trial.learner.streams
    labels = stream.labels[0, stream.train]
    balanced = trial.plan.hyperparameters.model_copy(update={"class_weighting": ClassWeighting.BALANCED})
    weights = class_weights(balanced, trial.learner.streams, 0, trial.tasks[0])
    for one in range(10):
        assert weights[one] * (labels == one).sum() == pytest.approx(len(labels) / 10)
