import builders
import pytest
from builders import START
from tensorboard.plugins.hparams import api_pb2

from study.adapters.tensorboard import TensorBoardWatcher
from study.values.hyperparameters import Hyperparameters, OptimizerKind
from study.values.metric_names import OBJECTIVE
from study.values.plan import Purpose
from study.values.protocols import Protocol
from study.values.states import TrialState

ARMS = builders.arms()
SHARED = builders.arm(Protocol.SHARED_REPRESENTATION)
FROZEN = Hyperparameters(freezing_depth=9, head_learning_rate=0.5, batch_size=16, optimizer=OptimizerKind.SGD)
WEIGHTED = Hyperparameters(
    freezing_depth=1,
    head_learning_rate=0.25,
    backbone_learning_rate=0.125,
    batch_size=8,
    task_weights={"defect": 1.5, "type": 0.5},
)


def hparams(group):
    return {name: getattr(value, value.WhichOneof("kind")) for name, value in group.hparams.items()}


def metrics(group):
    return {metric.name.tag: metric.value for metric in group.metric_values}


@pytest.fixture
def watcher(tmp_path):
    watcher = TensorBoardWatcher(tmp_path, ARMS)
    yield watcher
    watcher.close()


def test_curves_stand_under_split_task_metric_in_a_run_a_trial(watcher, tmp_path, read, tell):
    record = builders.record(3, epochs=3, state=TrialState.COMPLETE)
    tell(watcher, record)
    reader = read(tmp_path)
    run = "trials/fine_tuning/lite0/defect/00003"
    assert reader.runs() == {".", run}
    assert reader.scalar_tags(run) == set(record.epochs[0].metrics)
    assert not any(tag.startswith("ray/") for tag in reader.scalar_tags(run))
    assert reader.steps(run, "validation/defect/macro_f1") == [1, 2, 3]
    assert reader.curve(run, "gap/defect/loss") == pytest.approx([0.1, 0.2, 0.3])


def test_epochs_can_be_read_as_soon_as_they_are_told(watcher, tmp_path, read):
    running = builders.record(0)
    watcher.on_start(running)
    watcher.on_epoch(running.plan, builders.epoch(1))
    reader = read(tmp_path)  # the watcher still holds its file open
    assert reader.steps(running.plan.folder, OBJECTIVE) == [1]
    assert hparams(reader.sessions()[running.plan.folder])["freezing_depth"] == 2


def test_every_trial_of_interleaved_arms_shows_its_hyperparameters_metrics_and_status(watcher, tmp_path, read):
    done = builders.record(0, epochs=3, state=TrialState.COMPLETE)
    pruned = builders.record(
        1, epochs=1, state=TrialState.PRUNED, reason="stopped early", arm=SHARED, hyperparameters=WEIGHTED
    )
    failed = builders.record(2, state=TrialState.FAILED, reason="out of memory", hyperparameters=FROZEN)
    for record in (done, pruned, failed):
        watcher.on_start(record.model_copy(update={"epochs": (), "state": TrialState.RUNNING, "ended_at": None}))
    for number in range(3):
        for record in (done, pruned):
            if number < len(record.epochs):
                watcher.on_epoch(record.plan, record.epochs[number])
    for record in (failed, pruned, done):
        watcher.on_end(record)

    sessions = read(tmp_path).sessions()
    assert set(sessions) == {done.plan.folder, pruned.plan.folder, failed.plan.folder}
    status = {name: group.sessions[0].status for name, group in sessions.items()}
    assert status[done.plan.folder] == api_pb2.STATUS_SUCCESS
    assert status[pruned.plan.folder] == api_pb2.STATUS_UNKNOWN
    assert status[failed.plan.folder] == api_pb2.STATUS_FAILURE
    assert sessions[pruned.plan.folder].sessions[0].end_time_secs == START + 60

    assert metrics(sessions[done.plan.folder]) == pytest.approx(
        {OBJECTIVE: 0.3, "validation/defect/balanced_accuracy": 0.3}
    )
    assert metrics(sessions[pruned.plan.folder]) == pytest.approx(
        {
            OBJECTIVE: 0.1,
            "validation/defect/balanced_accuracy": 0.1,
            "validation/type/balanced_accuracy": 0.1,
        }
    )
    assert metrics(sessions[failed.plan.folder]) == {}

    conditional = hparams(sessions[failed.plan.folder])
    assert "backbone_learning_rate" not in conditional
    assert conditional["optimizer"] == "sgd"
    assert conditional["freezing_depth"] == 9
    nested = hparams(sessions[pruned.plan.folder])
    assert nested["task_weights.defect"] == 1.5
    assert nested["task_weights.type"] == 0.5
    assert nested["backbone_learning_rate"] == 0.125
    assert nested["arm/protocol"] == "shared_representation"
    assert nested["arm/tasks"] == "defect+type"


def test_the_tab_has_a_column_for_whatever_any_trial_holds_and_few_metrics(watcher, tmp_path, read, tell):
    tell(watcher, builders.record(0, epochs=1, arm=SHARED, hyperparameters=WEIGHTED))
    tell(watcher, builders.record(1, epochs=1))
    reader = read(tmp_path)
    experiment = reader.experiment()
    columns = {info.name: info for info in experiment.hparam_infos}
    for group in reader.sessions().values():
        for name, value in group.hparams.items():
            kind = columns[name].type
            assert (kind, value.WhichOneof("kind")) in {
                (api_pb2.DATA_TYPE_FLOAT64, "number_value"),
                (api_pb2.DATA_TYPE_STRING, "string_value"),
                (api_pb2.DATA_TYPE_BOOL, "bool_value"),
            }
    assert list(columns["optimizer"].domain_discrete) == ["adamw", "adam", "sgd"]
    assert list(columns["arm/name"].domain_discrete) == [arm.id for arm in ARMS]
    assert [info.name.tag for info in experiment.metric_infos] == [
        OBJECTIVE,
        "validation/defect/balanced_accuracy",
        "validation/type/balanced_accuracy",
        "test/defect/balanced_accuracy",
        "test/type/balanced_accuracy",
    ]


def test_the_tab_filters_and_sorts_also_where_a_hyperparameter_is_absent(watcher, tmp_path, read, tell):
    tell(watcher, builders.record(0, epochs=1))
    tell(watcher, builders.record(1, epochs=2, hyperparameters=FROZEN))
    tell(watcher, builders.record(2, epochs=3, state=TrialState.COMPLETE, arm=SHARED, hyperparameters=WEIGHTED))
    reader = read(tmp_path)

    def numbers(*columns, **request):
        return [name[-1] for name in reader.sessions(col_params=columns, **request)]

    rate = api_pb2.ColParams(hparam="backbone_learning_rate", order=api_pb2.ORDER_DESC)
    assert numbers(rate) == ["2", "0", "1"]
    objective = api_pb2.ColParams(metric=api_pb2.MetricName(tag=OBJECTIVE), order=api_pb2.ORDER_ASC)
    assert numbers(objective) == ["0", "1", "2"]
    sgd = api_pb2.ColParams(hparam="optimizer")
    sgd.filter_discrete.extend(["sgd"])
    assert numbers(sgd) == ["1"]
    assert numbers(statuses=[api_pb2.STATUS_SUCCESS]) == ["2"]


def test_an_assessment_shows_its_test_metrics_at_its_last_epoch(watcher, tmp_path, read, tell):
    record = builders.record(4, epochs=3, state=TrialState.COMPLETE, purpose=Purpose.ASSESSMENT, repeat=1)
    record = record.model_copy(update={"test": {"test/defect/balanced_accuracy": 0.75, "test/defect/nll": 0.5}})
    tell(watcher, record)
    reader = read(tmp_path)
    run = "assessments/fine_tuning/lite0/defect/00004-seed1"
    assert reader.steps(run, "test/defect/nll") == [3]
    assert metrics(reader.sessions()[run])["test/defect/balanced_accuracy"] == 0.75
    assert hparams(reader.sessions()[run])["trial/purpose"] == "assessment"


def test_how_a_trial_ended_and_why_can_be_read_as_text(watcher, tmp_path, read, tell):
    record = builders.record(0, epochs=1, state=TrialState.FAILED, reason="loss is not finite\nat step 7")
    tell(watcher, record)
    (event,) = read(tmp_path).multiplexer.Tensors(record.plan.folder, "outcome")
    text = event.tensor_proto.string_val[0].decode()
    assert text.startswith("**failed** after 1 of 3 epochs")
    assert "loss is not finite\nat step 7" in text
