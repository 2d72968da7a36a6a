"""The Ray that a run starts for itself is nobody else's."""

import subprocess
import sys

import pytest

ASK = """
import os, requests, ray
from study.orchestration.connection import connected
with connected(None):
    page = ray._private.worker.global_worker.node.webui_url
    asked = [requests.get(f"http://{page}/api/jobs/", headers=headers, timeout=30).status_code
             for headers in ({}, {"Authorization": "Bearer " + "0" * 64})]
    print(page.rpartition(":")[0], os.environ.get("RAY_AUTH_MODE"), *asked)
"""


@pytest.mark.ray
def test_the_dashboard_is_bound_to_this_machine_and_asks_for_a_token(tmp_path):
    done = subprocess.run([sys.executable, "-c", ASK], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    host, mode, without, wrong = done.stdout.split()
    assert host == "127.0.0.1"
    assert mode == "token"
    assert without in ("401", "403")
    assert wrong in ("401", "403")
