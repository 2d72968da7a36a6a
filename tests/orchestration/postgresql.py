"""A PostgreSQL server on this machine's loopback, for tests that stop and start it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
_USER = "postgres"


class Server:
    """A database server with one person, who has a password."""

    def __init__(self, folder: Path, password: str) -> None:
        self._data, self._sockets = folder / "data", folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"postgresql+psycopg://me:{quote(password, safe='')}@127.0.0.1:{self._port}/postgres"
        (folder / "password").write_text(password, encoding="utf-8")
        if os.geteuid() == 0:  # which the server refuses to run as
            for path in (folder, folder / "password"):
                shutil.chown(path, _USER)
        self._run("initdb", "-U", "me", "-A", "scram-sha-256", f"--pwfile={folder / 'password'}", "-E", "UTF8", "-N")

    def start(self) -> None:
        """Start it, and return when it answers."""
        listening = f"-h 127.0.0.1 -p {self._port} -k {self._sockets}"
        self._run("pg_ctl", "-w", "-l", str(self._sockets / "log"), "-o", listening, "start")

    def stop(self) -> None:
        """Break off its connections and stop it."""
        self._run("pg_ctl", "-w", "-m", "fast", "stop")

    def _run(self, program: str, *arguments: str) -> None:
        assert PROGRAMS is not None
        person = ["setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups"] if os.geteuid() == 0 else []
        command = [*person, str(PROGRAMS / program), "-D", str(self._data), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")


@contextmanager
def postgresql(password: str) -> Iterator[Server]:
    """Run a server for the block."""
    with tempfile.TemporaryDirectory() as folder:
        server = Server(Path(folder), password)
        server.start()
        try:
            yield server
        finally:
            server.stop()
