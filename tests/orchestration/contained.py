"""Run a command in what it takes for a container with so many bytes of memory. A program of its own.

    unshare --mount python contained.py BYTES COMMAND...

Ray reads limit and use of memory where a container's are, in /sys/fs/cgroup. Here a folder that is seen by the command
alone lies over it, and says what the command's own processes take: other processes of the machine, such as other
tests', neither count nor are killed. What exceeds the limit is not stopped by the kernel, but by Ray.
"""

import subprocess
import sys
import time
from pathlib import Path

import psutil

CGROUP = Path("/sys/fs/cgroup")
EVERY_S = 0.1


def taken() -> int:
    """Return the bytes that the processes below this one have for themselves."""
    total = 0
    for process in psutil.Process().children(recursive=True):
        try:
            total += process.memory_full_info().uss
        except psutil.Error:  # it ended
            continue
    return total


def say(name: str, number: int) -> None:
    new = CGROUP / "new"
    new.write_text(f"{number}\n")
    new.rename(CGROUP / name)  # so that nobody reads half a number


def main(limit: int, command: list[str]) -> int:
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(CGROUP)], check=True)
    say("memory.max", limit)
    say("memory.current", 0)
    (CGROUP / "memory.stat").write_text("inactive_file 0\nactive_file 0\n")
    process = subprocess.Popen(command)
    while process.poll() is None:
        say("memory.current", taken())
        time.sleep(EVERY_S)
    return process.returncode


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), sys.argv[2:]))
