"""The batch script for Slurm, really run: Slurm's commands are stood in, Ray and the study are real."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "cluster" / "slurm.sh"
STAND_INS = Path(__file__).parent / "slurm_stand_ins"
TOOLS = Path(sys.executable).parent

SPEC = """
name: batch
protocols: [linear_probe]
backbones: ["parts.py:small_net"]
tasks: [{name: odd, data: "parts.py:witnessed", target: odd}]
search: {trials: 4, startup_trials: 4, space: "parts.py:narrow"}
budget: {epochs: 2}
assessment: {seeds: 2}
"""

WITNESS = """

def witnessed():
    import json
    import os
    import subprocess
    import sys
    from pathlib import Path

    import ray

    seen = Path(__file__).parent / "seen.json"
    if ray.is_initialized() and not seen.exists():
        token = Path(os.environ["RAY_AUTH_TOKEN_PATH"])
        connect = "import ray; ray.init(log_to_driver=False)"
        stranger = {**os.environ, "RAY_AUTH_TOKEN": "wrong"}
        refused = subprocess.run([sys.executable, "-c", connect], env=stranger, capture_output=True, text=True)
        facts = {
            "nodes": [node["Resources"].get("CPU") for node in ray.nodes() if node["Alive"]],
            "token": str(token),
            "mode": oct(token.stat().st_mode & 0o777),
            "a_stranger_gets_in": refused.returncode == 0,
            "said_to_a_stranger": refused.stderr,
        }
        seen.with_suffix(".part").write_text(json.dumps(facts))
        seen.with_suffix(".part").rename(seen)
    images, labels = two_labels()
    return images, {"odd": labels["odd"]}
"""


@pytest.fixture
def job(tmp_path):
    """A folder with a spec, and the environment of a batch job on two nodes of a CPU each."""
    (tmp_path / "parts.py").write_text((ROOT / "tests" / "own" / "parts.py").read_text() + WITNESS)
    (tmp_path / "spec.yaml").write_text(SPEC)
    (tmp_path / "home").mkdir()
    number = str(os.getpid())
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("RAY_", "SLURM_"))}
    environment = {
        **inherited,
        "HOME": str(tmp_path / "home"),
        "PATH": f"{STAND_INS}:{TOOLS}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "SLURM_JOB_ID": number,
        "SLURM_JOB_NUM_NODES": "2",
        "SLURM_NTASKS": "2",
        "SLURM_JOB_NODELIST": "node[1-2]",
        "SLURM_CPUS_PER_TASK": "1",
        "SRUN_LOG": str(tmp_path / "srun.log"),
    }
    yield environment
    for process in of_job(number):
        os.kill(process, signal.SIGKILL)


def of_job(number):
    """Return the ids of the processes of the job's Ray: those that name its folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            if f"/tmp/ray-{number}".encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def batch(job, *arguments, output):
    return subprocess.Popen(
        ["bash", SCRIPT, *arguments], cwd=output.parent, env=job, stdout=output.open("w"), stderr=subprocess.STDOUT
    )


def wait_until(there, running, seconds=600):
    deadline = time.monotonic() + seconds
    while not there():
        assert running.poll() is None, "the job ended early"
        assert time.monotonic() < deadline, "nothing came"
        time.sleep(0.5)


@pytest.mark.parametrize("path", [SCRIPT, *sorted(STAND_INS.iterdir())], ids=lambda path: path.name)
def test_a_script_is_clean(path):
    assert subprocess.run(["bash", "-n", path]).returncode == 0
    ran = subprocess.run([TOOLS / "shellcheck", path], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout


def test_nothing_starts_without_arguments(job, tmp_path):
    ran = subprocess.run(["bash", SCRIPT], env=job, capture_output=True, text=True)
    assert ran.returncode == 2
    assert "usage: sbatch" in ran.stderr
    assert not (tmp_path / "home" / ".ray").exists()


def test_a_ray_that_cannot_start_ends_the_job_at_once(job, tmp_path):
    (tmp_path / "tools").mkdir()
    failing = tmp_path / "tools" / "ray"
    failing.write_text("#!/bin/sh\necho 'no disk left' >&2\nexit 3\n")
    failing.chmod(0o755)
    job["PATH"] = f"{tmp_path / 'tools'}:{job['PATH']}"
    ran = subprocess.run(["bash", SCRIPT, "run", "spec.yaml"], env=job, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 3
    assert "no disk left" in ran.stderr
    assert list((tmp_path / "home" / ".ray").iterdir()) == []


@pytest.mark.slow
def test_a_job_that_is_ended_early_and_requeued_finishes_its_study(job, tmp_path):
    first = tmp_path / "first.out"
    running = batch(job, "run", "spec.yaml", "--dir", "run", output=first)
    wait_until(lambda: (tmp_path / "seen.json").exists(), running)
    seen = json.loads((tmp_path / "seen.json").read_text())
    assert seen["nodes"] == [1, 1], "a head and a worker, of as many CPUs as the job has on a node"
    assert seen["mode"] == "0o600"
    assert seen["token"] == str(tmp_path / "home" / ".ray" / f"auth_token-{job['SLURM_JOB_ID']}")
    assert not seen["a_stranger_gets_in"]
    assert "uthentication" in seen["said_to_a_stranger"]

    running.send_signal(signal.SIGTERM)  # what Slurm sends when the time is almost up
    assert running.wait(timeout=120) == 143
    assert of_job(job["SLURM_JOB_ID"]) == []
    assert not Path(seen["token"]).exists()

    again = tmp_path / "again.out"
    for _ in range(3):
        status = batch(job, "run", "spec.yaml", "--dir", "run", output=again).wait(timeout=500)
        # Ray gives a node 30 s to start, which a machine that does much else may not manage.
        if "node timed out during startup" not in again.read_text():
            break
    assert status == 0, again.read_text()
    assert of_job(job["SLURM_JOB_ID"]) == []
    assert not Path(f"/tmp/ray-{job['SLURM_JOB_ID']}").exists()
    shown = [sys.executable, "-m", "study", "status", "run", "--json"]
    told = json.loads(subprocess.run(shown, cwd=tmp_path, env=job, capture_output=True, check=True).stdout)
    assert told["phase"] == "done"
    started = (tmp_path / "srun.log").read_text().splitlines()
    assert [line.split(":")[0] for line in started[-3:]] == ["1", "1", "2"], "a head, a worker, and the end on both"
    assert "--dashboard-host=127.0.0.1" in started[0]
