"""The same spec, unchanged, on a cluster of three nodes with a token: submitted, followed, driven from outside."""

import json
import time

import pytest
from running_cluster import study

from study.orchestration.study import Study
from study.values.plan import Purpose
from study.values.states import TrialState

pytestmark = pytest.mark.slow


def test_a_submitted_study_runs_on_the_cluster_is_followed_from_here_and_goes_on_when_submitted_again(
    cluster, folder, tmp_path
):
    env, directory = cluster.environment(), tmp_path / "runs" / "mine"
    at = ["--address", cluster.dashboard]

    done = study("submit", folder / "my.yaml", "--dir", directory, *at, env=env)
    assert done.returncode == 0, done.stderr
    job = done.stdout.split()[1]
    assert job.startswith("study-travelling-")
    # The job has what it needs: what becomes of the folder here is of no account any more.
    parts = (folder / "parts.py").read_text()
    (folder / "parts.py").unlink()

    asked = study("status", job, "--json", *at, env=env)
    assert asked.returncode == 0, asked.stderr
    early = json.loads(asked.stdout)
    assert early["job"]["state"] in ("PENDING", "RUNNING", "SUCCEEDED")
    followed = study("logs", directory, "--follow", *at, env=env)
    assert followed.returncode == 0, followed.stdout
    assert "[search 3/3]" in followed.stdout
    assert "small_net" in followed.stdout, "the leaderboard ends the log"

    status = json.loads(study("status", job, "--json", *at, env=env).stdout)
    assert status["job"]["state"] == "SUCCEEDED"
    assert (status["study"]["phase"], status["study"]["arms"][0]["complete"]) == ("done", 3)
    assert "travelling: done" in study("status", directory, env=env).stdout
    assert "[assessment 2/2]" in study("logs", directory, env=env).stdout
    [row] = json.loads(study("leaderboard", directory, "--json", env=env).stdout)
    assert row["seeds"] == 2
    watched = study("watch", directory, env=env)
    assert (watched.returncode, "small_net" in watched.stdout) == (0, True)

    began = time.time()
    (folder / "parts.py").write_text(parts)
    (folder / "my.yaml").write_text((folder / "my.yaml").read_text().replace("trials: 3", "trials: 4"))
    again = study("submit", folder / "my.yaml", "--dir", directory, *at, "--follow", env=env)
    assert again.returncode == 0, again.stdout
    records = Study.open(directory)._records().read_all(Purpose.SEARCH)
    assert [record.started_at > began for record in records] == [False, False, False, True]


def test_a_study_that_fails_says_so_to_who_follows_it(cluster, folder, tmp_path):
    (folder / "my.yaml").write_text((folder / "my.yaml").read_text().replace("two_labels", "no_labels"))
    words = ["submit", folder / "my.yaml", "--dir", tmp_path / "run", "--address", cluster.dashboard, "--follow"]
    done = study(*words, env=cluster.environment())
    assert done.returncode == 1
    assert "no_labels" in done.stdout
    assert "Traceback" not in done.stdout


@pytest.mark.parametrize("kind", ["gcs", "client"])
def test_a_study_is_run_on_the_cluster_from_here(cluster, folder, tmp_path, kind):
    directory = tmp_path / "run"
    done = study(
        "run", folder / "my.yaml", "--dir", directory, "--address", getattr(cluster, kind), env=cluster.environment()
    )
    assert done.returncode == 0, done.stderr
    assert "[search 3/3]" in done.stderr + done.stdout, "progress is shown here, wherever the driver is"
    found = Study.open(directory)
    assert found.root == folder, "not a folder that went with the cluster's connection"
    records = found._records().read_all(Purpose.SEARCH)
    assert [record.state for record in records] == [TrialState.COMPLETE] * 3
    assert found.leaderboard()["seeds"].tolist() == [2]
