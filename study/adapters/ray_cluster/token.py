"""The token that a protected cluster asks for."""

from __future__ import annotations

import logging

from ray._private.authentication import authentication_token_setup
from ray._raylet import AuthenticationMode, get_authentication_mode  # type: ignore[attr-defined]
from ray.exceptions import AuthenticationError

from study.values.problems import InputError

WHERE = "RAY_AUTH_TOKEN, the file that RAY_AUTH_TOKEN_PATH names, or ~/.ray/auth_token"
"""Where a token is looked for, in that order."""


def token_is_asked_for() -> bool:
    """Whether this process sends a token, and takes no message without it."""
    return bool(get_authentication_mode() == AuthenticationMode.TOKEN)


def use_token_where_there_is_one() -> None:
    """Turn token authentication on in this process where a person has a token and has not said otherwise.

    `ray.init` does so by itself; Ray's client of the Jobs API does not, and would send none.

    Raises:
        InputError: If a token is named that cannot be read.
    """
    # Ray's only way of doing it after its configuration was read; it warns that it did, which is no news.
    logger = logging.getLogger(authentication_token_setup.__name__)
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        authentication_token_setup.maybe_enable_token_auth_if_token_available(warn_if_disabled=False)
    except AuthenticationError as error:
        raise InputError(f"the token cannot be read: {str(error).partition('. ')[0]}; put it into {WHERE}") from error
    finally:
        logger.setLevel(level)
