from collections.abc import Iterator

import pytest
from s3 import Server, s3_server


@pytest.fixture(scope="session")
def s3(tmp_path_factory) -> Iterator[Server]:
    with s3_server(tmp_path_factory.mktemp("s3") / "log") as server:
        yield server
