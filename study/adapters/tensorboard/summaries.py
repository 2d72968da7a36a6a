"""What is written into TensorBoard's event files, as its own plugins read it."""

from __future__ import annotations

from collections.abc import Mapping

from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.types_pb2 import DT_STRING
from tensorboard.plugins.custom_scalar import metadata as layout_metadata
from tensorboard.plugins.custom_scalar.layout_pb2 import Layout
from tensorboard.plugins.hparams import metadata as hparams_metadata
from tensorboard.plugins.hparams.api_pb2 import STATUS_FAILURE, STATUS_SUCCESS, STATUS_UNKNOWN, Experiment
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo, SessionStartInfo
from tensorboard.plugins.text import metadata as text_metadata
from tensorboard.util import tensor_util

from study.adapters.tensorboard.hparams import Value
from study.values.records import TrialRecord
from study.values.states import TrialState

OUTCOME = "outcome"
"""Tag of the text that says how a trial ended and why."""

_STATUSES = {
    TrialState.COMPLETE: STATUS_SUCCESS,
    # Not a success: whoever filters by success then compares trials of equal budget.
    TrialState.PRUNED: STATUS_UNKNOWN,
    TrialState.FAILED: STATUS_FAILURE,
}


def scalars(values: Mapping[str, float]) -> Summary:
    """Return scalars by tag."""
    return Summary(value=[Summary.Value(tag=tag, simple_value=value) for tag, value in values.items()])


def experiment(content: Experiment) -> Summary:
    """Return the description of a study's columns in the HPARAMS tab."""
    return _hparams(hparams_metadata.EXPERIMENT_TAG, HParamsPluginData(experiment=content))


def session_start(hparams: Mapping[str, Value], *, at: float) -> Summary:
    """Return a trial's hyperparameters.

    Args:
        hparams: By name.
        at: When it started, Unix time in seconds.
    """
    info = SessionStartInfo(start_time_secs=at)
    for name, value in hparams.items():
        kind = "bool" if isinstance(value, bool) else "string" if isinstance(value, str) else "number"
        setattr(info.hparams[name], f"{kind}_value", value)
    return _hparams(hparams_metadata.SESSION_START_INFO_TAG, HParamsPluginData(session_start_info=info))


def session_end(record: TrialRecord) -> Summary:
    """Return how and when a trial ended."""
    info = SessionEndInfo(status=_STATUSES[record.state], end_time_secs=record.ended_at)
    return _hparams(hparams_metadata.SESSION_END_INFO_TAG, HParamsPluginData(session_end_info=info))


def outcome(record: TrialRecord) -> Summary:
    """Return how a trial ended, and why, as text."""
    text = f"**{record.state.value}** after {record.last_epoch} of {record.plan.epochs} epochs"
    if record.reason is not None:
        text += f"\n\n```\n{record.reason}\n```"
    return markdown(OUTCOME, text)


def markdown(tag: str, text: str) -> Summary:
    """Return a text for the TEXT tab, which draws Markdown."""
    metadata = text_metadata.create_summary_metadata(display_name="", description="")
    return Summary(
        value=[Summary.Value(tag=tag, metadata=metadata, tensor=tensor_util.make_tensor_proto([text.encode()]))]
    )


def layout(content: Layout) -> Summary:
    """Return the arrangement of charts in the CUSTOM SCALARS tab."""
    metadata = layout_metadata.create_summary_metadata()
    tensor = tensor_util.make_tensor_proto(content.SerializeToString(deterministic=True), dtype=DT_STRING)
    return Summary(value=[Summary.Value(tag=layout_metadata.CONFIG_SUMMARY_TAG, metadata=metadata, tensor=tensor)])


def content_of(value: Summary.Value) -> bytes:
    """Return what the value of a text or of a layout holds."""
    return bytes(value.tensor.string_val[0])


def _hparams(tag: str, content: HParamsPluginData) -> Summary:
    metadata = hparams_metadata.create_summary_metadata(content)
    return Summary(value=[Summary.Value(tag=tag, metadata=metadata, tensor=hparams_metadata.NULL_TENSOR)])
