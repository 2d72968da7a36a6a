"""A real S3-compatible server in a process of its own, for tests: moto's."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import boto3

BUCKET = "bucket"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "someone",
    "AWS_SECRET_ACCESS_KEY": "not-to-be-seen",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Environment of whoever uses it. The server itself comes in the URL."""


@dataclass(frozen=True)
class Server:
    """One that runs, with a bucket."""

    address: str
    """HOST:PORT."""

    def url(self, path: str, *, bucket: str = BUCKET) -> str:
        """Return a URL that names the server: it reaches workers whose environment is older than the server."""
        return f"s3://{bucket}/{path}?endpoint_override={self.address}&scheme=http"

    @property
    def client(self):
        return boto3.client("s3", endpoint_url=f"http://{self.address}")

    def names(self, path: str) -> set[str]:
        """Return the objects below a path, relative to it."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=f"{path}/")
        keys = [found["Key"] for page in pages for found in page.get("Contents", [])]
        return {key.removeprefix(f"{path}/") for key in keys if not key.endswith("/")}  # those stand for folders

    def check_credentials(self, check: bool) -> None:
        """Let the server refuse credentials it never gave out, or take any."""
        request = urllib.request.Request(
            f"http://{self.address}/moto-api/reset-auth",
            data=b"0" if check else b"inf",
            headers={"Content-Type": "text/plain"},
            method="POST",
        )
        urllib.request.urlopen(request).read()


@contextmanager
def s3_server(log: Path) -> Iterator[Server]:
    """Run a server on a free port, with a bucket."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{port}'])"
    with log.open("wb") as output:
        process = subprocess.Popen([sys.executable, "-c", code], stdout=output, stderr=output)
    try:
        server = Server(f"127.0.0.1:{port}")
        _wait(server, process)
        server.client.create_bucket(Bucket=BUCKET)
        yield server
    finally:
        process.kill()
        process.wait()


def _wait(server: Server, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://{server.address}/moto-api/data.json").read()
            return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the S3 server did not start")
