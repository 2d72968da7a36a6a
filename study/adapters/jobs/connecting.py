"""The client of a cluster's Jobs API, or one sentence on why there is none."""

from __future__ import annotations

import logging

import ray
import requests
from ray._private.authentication.http_token_authentication import get_auth_headers_if_auth_enabled
from ray.job_submission import JobSubmissionClient

from study.adapters.ray_cluster.token import WHERE, use_token_where_there_is_one
from study.values.problems import InputError

TIMEOUT_S = 5.0


def connect(address: str) -> JobSubmissionClient:
    """Return a client of the Jobs API.

    Args:
        address: `http://HOST:8265`, where the cluster's dashboard answers.

    Raises:
        InputError: If nothing answers there, it is no Ray dashboard, the token is missing or wrong, or Ray there is of
            another version.
    """
    if not address.startswith(("http://", "https://")):
        raise InputError(f"{address!r} is no address of a Ray dashboard; write http://HOST:8265")
    use_token_where_there_is_one()
    _check_answer(address, _ask(address))
    logging.getLogger("ray").setLevel(logging.WARNING)  # what it uploads, and how, is of no interest here
    return JobSubmissionClient(address)


def _ask(address: str) -> requests.Response:
    # Asked first, with a limit: the client itself waits without end for a host that does not answer.
    try:
        headers = get_auth_headers_if_auth_enabled({})
        return requests.get(f"{address.rstrip('/')}/api/version", headers=headers, timeout=TIMEOUT_S)
    except requests.exceptions.InvalidURL as error:
        raise InputError(f"{address!r} is no address of a Ray dashboard ({error}); write http://HOST:8265") from None
    except requests.exceptions.RequestException as error:
        raise InputError(
            f"no Ray dashboard answers at {address} within {TIMEOUT_S:g} s ({type(error).__name__}); is the port "
            "forwarded to this machine?"
        ) from error


def _check_answer(address: str, answer: requests.Response) -> None:
    if answer.status_code in (401, 403):
        reason = "refuses the token" if answer.status_code == 403 else "asks for a token"
        raise InputError(f"the Ray cluster at {address} {reason}; put the cluster's token into {WHERE}")
    try:
        version = str(answer.json()["ray_version"])
    except (ValueError, KeyError, TypeError):
        raise InputError(f"what answers at {address} is no Ray dashboard (status {answer.status_code})") from None
    if version.split(".")[:2] != ray.__version__.split(".")[:2]:
        raise InputError(
            f"the Ray cluster at {address} runs Ray {version}, this machine has Ray {ray.__version__}; install the "
            "cluster's version here"
        )
