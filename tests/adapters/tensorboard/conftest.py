"""A study's folder as TensorBoard itself reads it."""

from pathlib import Path

import pytest
from tensorboard.backend.event_processing.data_provider import MultiplexerDataProvider
from tensorboard.backend.event_processing.plugin_event_multiplexer import EventMultiplexer
from tensorboard.context import RequestContext
from tensorboard.plugins.base_plugin import TBContext
from tensorboard.plugins.hparams import api_pb2
from tensorboard.plugins.hparams.backend_context import Context
from tensorboard.plugins.hparams.get_experiment import Handler as ExperimentHandler
from tensorboard.plugins.hparams.list_session_groups import Handler as SessionsHandler

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


@pytest.fixture
def read():
    return Reader
