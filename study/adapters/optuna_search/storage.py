"""The durable storage of a study's Optuna trials."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote

from optuna.storages import BaseStorage
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError

from study.adapters.optuna_search.asked_file import ASKED_FILE, AskedFile
from study.adapters.optuna_search.batching_storage import BatchingStorage
from study.values.problems import InputError

FILE_NAME = "optuna.db"
"""SQLite file within the study directory."""

_WAIT_S = 60
"""Seconds that SQLite waits for another process, such as a dashboard, to let go of the file."""
_CONNECT_S = 20
"""Seconds after which a database server counts as unreachable."""
_TIMEOUT_OPTIONS = {
    "psycopg": "connect_timeout",
    "psycopg2": "connect_timeout",
    "pg8000": "timeout",
    "mysqldb": "connect_timeout",
    "pymysql": "connect_timeout",
}
"""What each driver calls its timeout in seconds."""


def open_storage(url: str | None, directory: Path) -> BaseStorage:
    """Open the storage of a study's Optuna trials, made if it is not there.

    The SQLite file keeps its rollback journal rather than a write-ahead log: study directories lie on network file
    systems, where the latter does not work, and are copied, where it leaves a second file to forget. The driver
    process alone writes, so nothing is gained by it.

    Args:
        url: A database URL (`postgresql://...`, `mysql://...`, `sqlite:///...`); None for a file in `directory`.
        directory: The study directory.

    Raises:
        InputError: If the URL cannot be read or its database not be used. No password is in the message.
    """
    asked = AskedFile(directory / ASKED_FILE) if url is None else None
    if url is None:
        directory.mkdir(parents=True, exist_ok=True)
        url = URL.create("sqlite", database=str(directory.resolve() / FILE_NAME)).render_as_string()
    label = storage_label(url)
    options = _engine_options(url, label)
    try:
        # Optuna formats the URL as a template.
        storage = BatchingStorage(url.replace("{", "{{").replace("}", "}}"), engine_kwargs=options)
    except ImportError as error:
        driver = getattr(error.__cause__ or error, "name", None) or "for it"
        raise InputError(
            f"storage {label}: the database driver {driver} is not installed; install it, or name in the URL one that "
            "is, as in postgresql+psycopg2://... or mysql+pymysql://..."
        ) from None
    except (SQLAlchemyError, RuntimeError) as error:
        # Raised anew without its cause: drivers may repeat the URL in theirs.
        raise InputError(f"storage {label} cannot be used: {_without_password(error, url)}") from None
    storage.asked = asked
    return storage


def storage_label(url: str | None) -> str:
    """Return how a storage is named to people: its URL without password and options, or the file's name."""
    if url is None:
        return FILE_NAME
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite":
            return f"sqlite:///{parsed.database or ':memory:'}"
        return parsed.set(query={}).render_as_string(hide_password=True)
    except (SQLAlchemyError, ValueError):
        scheme, separator, _ = url.partition("://")
        return f"{scheme}://..." if separator else "(not a URL)"


def _engine_options(url: str, label: str) -> dict[str, Any]:
    """Return what the database engine is made with; refuse a URL that no database can have."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        driver = parsed.get_dialect().driver
    except NoSuchModuleError:
        raise InputError(f"storage {label}: unknown kind of database; allowed: postgresql, mysql, sqlite") from None
    except (SQLAlchemyError, ValueError):
        raise InputError(
            f"storage {label} is no database URL; write postgresql://user:password@host:port/database "
            "(special characters in a password as %XX), or leave it out for a file in the study directory"
        ) from None
    if backend != "sqlite":
        timeout = _TIMEOUT_OPTIONS.get(str(driver))
        # Servers drop connections that idle, which ours do while a trial trains.
        return {"pool_pre_ping": True, "connect_args": {timeout: _CONNECT_S} if timeout else {}}
    if parsed.database in (None, "", ":memory:"):
        raise InputError(f"storage {label} is lost with the process; name a file: sqlite:////folder/optuna.db")
    return {"connect_args": {"timeout": _WAIT_S}}


def _without_password(error: Exception, url: str) -> str:
    """Return the first line of what an error says, or its kind alone where the text gives a secret away."""
    parsed = make_url(url)
    given = [(key, value) for key, values in parsed.normalized_query.items() for value in values]
    secrets = [str(parsed.password or ""), *(value for key, value in given if "pass" in key.lower())]
    text = str(error).partition("\n")[0]
    if any(secret and (secret in text or secret in unquote(text)) for secret in secrets):
        return type(error).__name__
    return text
