"""URLs of study directories: told from paths, and opened as file systems."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import fsspec
from pyarrow import ArrowException
from pyarrow.fs import FileSystem, FSSpecHandler, LocalFileSystem, PyFileSystem

from study.values.problems import InputError

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_PATH_MADE_OF_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/[^/]")
_SECRET = re.compile(r"key|token|secret|pass|sig|sas|credential", re.IGNORECASE)


def is_url(place: str | Path) -> bool:
    """Whether a study's place is a URL (s3://..., gs://...) rather than a folder's path.

    Raises:
        InputError: If it is a URL that went through `Path`, which takes one of its slashes away.
    """
    if isinstance(place, Path) and _PATH_MADE_OF_URL.match(str(place)):
        raise InputError(f"{place} was a URL before it became a Path; give it as text")
    return _URL.match(str(place)) is not None


def open_url(url: str) -> tuple[FileSystem, str]:
    """Return the file system of a URL and the path within it; nothing is read yet.

    Any scheme that Arrow knows (s3, gs, hdfs, abfs), or for which an fsspec package is installed.

    Args:
        url: Without credentials: they come from the environment, as each scheme's own tools take them. A URL is
            written down in records and shown in messages.

    Raises:
        InputError: If it has credentials in it, names no bucket, or its scheme is not known.
    """
    _check_no_secrets(url)
    try:
        filesystem, path = _open(url)
    except ImportError as error:
        raise InputError(f"{url}: its scheme needs a package that is not installed: {error}") from None
    except (ArrowException, ValueError, OSError) as error:
        raise InputError(f"{url} cannot be opened: {str(error).partition(chr(10))[0]}") from None
    if isinstance(filesystem, LocalFileSystem):
        raise InputError(f"{url} is on this machine; give the path alone: {path}")
    path = path.rstrip("/")
    if not path:
        raise InputError(f"{url} names no bucket; write {url.partition(':')[0]}://BUCKET/FOLDER")
    return filesystem, path


def child_url(url: str, name: str) -> str:
    """Return the URL of something below a URL, which may end in options."""
    base, mark, options = url.partition("?")
    return f"{base.rstrip('/')}/{name}{mark}{options}"


def _open(url: str) -> tuple[FileSystem, str]:
    try:
        opened: tuple[FileSystem, str] = FileSystem.from_uri(url)
        return opened
    except ArrowException as error:
        if "Unrecognized filesystem type" not in str(error):
            raise
    handled, path = fsspec.core.url_to_fs(url)
    return PyFileSystem(FSSpecHandler(handled)), path


def _check_no_secrets(url: str) -> None:
    scheme, _, rest = url.partition("://")
    # A password that was not written with %XX may hold slashes and question marks, and a user's name may be a key. A
    # name in a bucket may hold the sign too: then it is not before the first slash, nor is there a colon.
    before, sign, after = rest.rpartition("@")
    if sign and ("/" not in before or ":" in before.partition("/")[0]):
        raise InputError(_with(f"{scheme}://{after.partition('?')[0]}", "a user or a password"))
    try:
        parts = urlsplit(url)
    except ValueError:
        raise InputError(f"{scheme}://... is no URL") from None
    bare = f"{parts.scheme}://{parts.netloc}{parts.path}"
    named = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True) if _SECRET.search(name)]
    if named:
        raise InputError(_with(bare, f"the option {named[0]}"))


def _with(bare: str, what: str) -> str:
    return (
        f"{bare} was given with {what}; leave credentials out of the URL, which is written down: they come from "
        "the environment (for S3 AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile, or the machine's role)"
    )
