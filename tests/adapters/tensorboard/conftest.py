"""A study's folder as TensorBoard itself reads it."""

import json
from pathlib import Path

import pytest
from google.protobuf import json_format
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.custom_scalar import layout_pb2
from tensorboard.plugins.custom_scalar.custom_scalars_plugin import CustomScalarsPlugin
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams.backend_context import Context
from tensorboard.plugins.hparams.get_experiment import Handler as ExperimentHandler
from tensorboard.plugins.hparams.list_session_groups import Handler as SessionsHandler

from study.values.states import TrialState

STATUSES = [api_pb2.STATUS_UNKNOWN, api_pb2.STATUS_SUCCESS, api_pb2.STATUS_FAILURE, api_pb2.STATUS_RUNNING]


class Reader:
    """TensorBoard's data provider and its HPARAMS back end, opened on a folder."""

    def __init__(self, folder: Path):
        self.multiplexer = EventMultiplexer()
        self.multiplexer.AddRunsFromDirectory(str(folder))
        self.multiplexer.Reload()
        self.provider = MultiplexerDataProvider(self.multiplexer, str(folder))
        self._context = Context(TBContext(data_provider=self.provider))

    def runs(self):
        return set(self.multiplexer.Runs())

    def steps(self, run, tag):
        return [event.step for event in self.multiplexer.Tensors(run, tag)]

    def curve(self, run, tag):
        return [float(event.tensor_proto.float_val[0]) for event in self.multiplexer.Tensors(run, tag)]

    def wall_times(self, run, tag):
        return [event.wall_time for event in self.multiplexer.Tensors(run, tag)]

    def texts(self, run, tag):
        return [event.tensor_proto.string_val[0].decode() for event in self.multiplexer.Tensors(run, tag)]

    def num_layouts(self, run):
        return len(self.multiplexer.Tensors(run, "custom_scalars__config__"))

    def layout(self):
        """Return what the CUSTOM SCALARS tab is laid out by, as its plugin gives it to the page."""
        plugin = CustomScalarsPlugin(TBContext(data_provider=self.provider))
        answer = plugin.layout_impl(RequestContext(), "")
        return json_format.Parse(json.dumps(answer) if isinstance(answer, dict) else answer, layout_pb2.Layout())

    def scalar_tags(self, run):
        listed = self.provider.list_scalars(RequestContext(), experiment_id="", plugin_name="scalars")
        return set(listed.get(run, {}))

    def experiment(self):
        return ExperimentHandler(RequestContext(), self._context, "", api_pb2.GetExperimentRequest()).run()

    def sessions(self, statuses=STATUSES, col_params=()):
        """Return the session groups by name: those of trials that ended as asked, passing the columns' filters."""
        request = api_pb2.ListSessionGroupsRequest(
            allowed_statuses=statuses, col_params=col_params, start_index=0, slice_size=1000
        )
        groups = SessionsHandler(RequestContext(), self._context, "", request).run().session_groups
        return {group.name: group for group in groups}


def tell(watcher, *records):
    """Tell a watcher each of these trials, from its start to where it stands."""
    for record in records:
        watcher.on_start(record.model_copy(update={"epochs": (), "state": TrialState.RUNNING, "ended_at": None}))
        for epoch in record.epochs:
            watcher.on_epoch(record.plan, epoch)
        if record.state.is_final:
            watcher.on_end(record)


@pytest.fixture(name="tell")
def tell_fixture():
    return tell


@pytest.fixture
def read():
    return Reader
