"""The cluster that this process was started by, as a job's entrypoint is."""

from __future__ import annotations

import psutil

_OPTION = "--gcs-address="


def own_cluster() -> str | None:
    """Return `HOST:PORT` of the cluster whose node started this process; None where none did.

    Where several clusters have nodes on one machine, Ray's `auto` takes any of them, also within a job of one.
    """
    for ancestor in psutil.Process().parents():
        try:
            words = ancestor.cmdline()
        except psutil.Error:
            continue
        for word in words:
            if "raylet" in words[0] and word.startswith(_OPTION):
                return str(word.removeprefix(_OPTION))
    return None
