"""Trials on mixed examples: the same from a cache, in parts, and resumed; and what cannot be mixed."""

import pytest
import torch
from test_trial import assert_close, metrics, own_plan

from study.learning.batch import Batch
from study.learning.mixing import Mixture
from study.parts.tasks.data import MISSING
from study.trial.materials import Materials
from study.trial.trial import Trial
from study.values.hyperparameters import check_hyperparameters
from study.values.input_kind import InputKind
from study.values.problems import InputError

BASE = {"batch_size": 60, "dropout": 0.0}
CUTMIX = {"cutmix_alpha": 1.0, "freezing_depth": 0}


@pytest.fixture(scope="module")
def materials():
    return Materials()


@pytest.mark.parametrize(
    "method",
    [
        {"mixup_alpha": 0.4},
        {"mixup_alpha": 0.4, "freezing_depth": 3},
        {"mixup_alpha": 1.0, "sam_radius": 0.05, "augmentation": "crop", **CUTMIX},
    ],
    ids=["mixup", "mixup of features", "either"],
)
def test_a_resumed_trial_is_the_uninterrupted_one_bit_by_bit(tmp_path, materials, method):
    one = own_plan(tmp_path, epochs=3, values={**BASE, **method})
    undisturbed = [record.metrics for record in Trial(one, materials).epochs()]
    trial = Trial(one, materials)
    epochs = trial.epochs()
    before = [next(epochs).metrics]
    trial.save(tmp_path / "kept")
    resumed = Trial(one.model_copy(update={"checkpoint": str(tmp_path / "kept")}), materials)
    assert before + [record.metrics for record in resumed.epochs()] == undisturbed
    off = {name: value for name, value in method.items() if not name.endswith("_alpha")}
    assert undisturbed != metrics(own_plan(tmp_path, epochs=3, values={**BASE, **off})), "something is mixed"


@pytest.mark.parametrize("depth", [1, 3])
def test_cached_and_uncached_trials_agree(tmp_path, depth):
    one = own_plan(tmp_path, depth=depth, values={**BASE, "mixup_alpha": 0.4, "optimizer": "sgd"})
    assert_close(metrics(one), metrics(one.model_copy(update={"feature_cache_gib": 0.0})))


@pytest.mark.parametrize("protocol", ["fine_tuning", "shared_representation"])
def test_a_batch_in_parts_is_mixed_as_the_whole_one(tmp_path, protocol):
    # Without batch norm among what is trained, which sees the parts.
    values = {**BASE, "mixup_alpha": 0.4, "optimizer": "sgd"}
    one = own_plan(tmp_path, depth=2, protocol=protocol, values=values)
    assert_close(metrics(one), metrics(one.model_copy(update={"micro_batches": 3})))


def test_of_an_example_that_lacks_a_label_its_partners_counts_alone(tmp_path):
    learner = Trial(own_plan(tmp_path, depth=3, values=BASE)).learner
    [stream] = learner.streams
    rows = stream.train[:4]
    stream.labels[0, rows[1]] = MISSING
    mixture = Mixture(partners=rows[[1, 2, 3, 0]], share=0.75)
    features = stream.inputs.batch(rows, learner.device)
    logits = learner.model.heads[0](torch.lerp(features[[1, 2, 3, 0]], features, 0.75))
    each = torch.nn.functional.log_softmax(logits, dim=1)
    labels = stream.labels[0, rows]
    own = -sum(each[place, labels[place]] for place in (0, 2, 3)) / 3
    others = -sum(each[place, labels[partner]] for place, partner in ((1, 2), (2, 3), (3, 0))) / 3
    found = learner._losses(learner.step_on([Batch.of(stream, rows, mixture)]).whole[0])
    torch.testing.assert_close(found[0], 0.75 * own + 0.25 * others)


def test_numbers_are_predicted_from_mixed_rows(tmp_path):
    mlp = {"source": "mlp", "name": "mlp", "weights": "none", "options": {"inputs": 10, "widths": [8]}}
    tasks = [{"name": "progression", "data": "diabetes", "kind": "regression", "target": "progression"}]
    plans = [
        own_plan(tmp_path, depth=0, epochs=3, protocol="from_scratch", backbone=mlp, tasks=tasks, values=values)
        for values in ({**BASE, "mixup_alpha": 1.0}, BASE)
    ]
    mixed, plain = (metrics(one)[-1]["validation/progression/r2"] for one in plans)
    assert mixed != plain
    assert mixed == pytest.approx(plain, abs=0.3)


@pytest.mark.parametrize(
    ("values", "inputs", "message"),
    [
        ({"cutmix_alpha": 1.0}, InputKind.IMAGE, "freezing_depth = 1 leaves no images to them; set freezing_depth = 0"),
        ({"cutmix_alpha": 1.0}, InputKind.TABLE, "cutmix_alpha = 1.0 takes patches of images, but inputs are rows of"),
        ({"mixup_alpha": 1.0}, InputKind.TEXT, "which read texts word by word; set freezing_depth = 3"),
    ],
)
def test_what_cannot_be_mixed_is_refused(values, inputs, message):
    given = {"freezing_depth": 1, "head_learning_rate": 0.1, "backbone_learning_rate": 0.1, "batch_size": 4, **values}
    with pytest.raises(InputError, match=message):
        check_hyperparameters(given, num_stages=3, tasks=("a",), space="s", inputs=inputs)
