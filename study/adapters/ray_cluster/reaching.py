"""Whether a cluster can be joined, asked in one call: `ray.init` itself retries for minutes and says little."""

from __future__ import annotations

import json
import platform

import grpc
import ray
from ray._private.grpc_utils import init_grpc_channel
from ray._private.services import canonicalize_bootstrap_address
from ray.core.generated import (
    gcs_service_pb2,
    gcs_service_pb2_grpc,
    ray_client_pb2,
    ray_client_pb2_grpc,
)

from study.adapters.ray_cluster.token import WHERE, token_is_asked_for, use_token_where_there_is_one
from study.values.problems import InputError

TIMEOUT_S = 5.0
_QUESTION = gcs_service_pb2.InternalKVGetRequest(namespace=b"cluster", key=b"CLUSTER_METADATA")
CLIENT = "ray://"
"""Scheme of a cluster that is driven from outside, through the Ray Client."""


def check_reachable(address: str) -> None:
    """Refuse a cluster that cannot be joined, within seconds.

    Args:
        address: `auto`, `HOST:PORT` or `ray://HOST:PORT`.

    Raises:
        InputError: If nothing answers there, the token is missing or wrong, or Ray or Python are of another version.
    """
    use_token_where_there_is_one()
    if address.startswith(CLIENT):
        _check_client(address)
    else:
        place = _place(address)
        _check_versions(address, _ask_head(address, place))
        if token_is_asked_for():
            _check_asks_for_one_too(address, place)


def _place(address: str) -> str:
    """Return the head node's HOST:PORT."""
    try:
        return str(canonicalize_bootstrap_address(address))
    except Exception as error:  # ConnectionError for `auto`, ValueError for what is no address
        raise InputError(
            f"cannot find a Ray cluster at {address}: {_first_line(error)}; allowed: auto, HOST:PORT, ray://HOST:PORT"
        ) from error


def _ask_head(address: str, place: str) -> dict[str, str]:
    """Return what the head node says of the cluster: its versions of Ray and Python among it."""
    with init_grpc_channel(place) as channel:
        try:
            answer = gcs_service_pb2_grpc.InternalKVGcsServiceStub(channel).InternalKVGet(_QUESTION, timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            raise _refusal(address, error) from error
    return dict(json.loads(answer.value)) if answer.value else {}


def _check_asks_for_one_too(address: str, place: str) -> None:
    """Refuse a cluster without a token where this process asks for one: it would take no answer from the cluster, whose
    workers would then die one after the other for no reason that they could tell."""
    with grpc.insecure_channel(place) as channel:
        try:
            gcs_service_pb2_grpc.InternalKVGcsServiceStub(channel).InternalKVGet(_QUESTION, timeout=TIMEOUT_S)
        except grpc.RpcError:
            return
    raise InputError(
        f"the Ray cluster at {address} has no token, but this process has one ({WHERE}) and would take no answer "
        "without it; start the cluster with that token too, or set RAY_AUTH_MODE=disabled here"
    )


def _check_client(address: str) -> None:
    request = ray_client_pb2.ClusterInfoRequest(type=ray_client_pb2.ClusterInfoType.PING)
    with init_grpc_channel(address.removeprefix(CLIENT)) as channel:
        try:
            ray_client_pb2_grpc.RayletDriverStub(channel).ClusterInfo(request, timeout=TIMEOUT_S)
        except grpc.RpcError as error:
            # Any other answer is one: a call without a session of its own is refused, but by a Ray Client server.
            if error.code() in _UNREACHABLE | {grpc.StatusCode.UNAUTHENTICATED}:
                raise _refusal(address, error) from error


_UNREACHABLE = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED}


def _refusal(address: str, error: grpc.RpcError) -> InputError:
    if error.code() is grpc.StatusCode.UNAUTHENTICATED:
        return InputError(
            f"the Ray cluster at {address} refuses the token, or there is none; put the cluster's token into {WHERE}"
        )
    if error.code() in _UNREACHABLE:
        return InputError(f"no Ray cluster answers at {address} within {TIMEOUT_S:g} s: {_first_line(error.details())}")
    return InputError(f"the Ray cluster at {address} refuses: {error.code().name}: {_first_line(error.details())}")


def _check_versions(address: str, cluster: dict[str, str]) -> None:
    theirs = (cluster.get("ray_version"), cluster.get("python_version"))
    ours = (ray.__version__, platform.python_version())
    if None not in theirs and theirs != ours:
        raise InputError(
            f"the Ray cluster at {address} runs Ray {theirs[0]} on Python {theirs[1]}, this process Ray {ours[0]} on "
            f"Python {ours[1]}; they must be the same, or submit the study as a job (study submit)"
        )


def _first_line(message: object) -> str:
    lines = str(message or "no reason given").splitlines()
    return lines[0] if lines else "no reason given"
