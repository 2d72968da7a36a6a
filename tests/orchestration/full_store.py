"""Run a study on a Ray whose object store and spilling disk are full. A program of its own: Ray is this process's.

    python full_store.py FOLDER DISK

FOLDER holds `own.py` and `spec.yaml`; DISK is a small file system, where objects go that the store does not hold.
"""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import ray
from ray.exceptions import ObjectStoreFullError, OutOfDiskError

from study.orchestration.study import Study

STORE_BYTES = 80 * 2**20
"""Little more than the least that Ray allows."""


def fill() -> list[Any]:
    """Return what it takes."""
    held: list[Any] = []
    for num_bytes in (2**22, 2**20, 2**18):
        while put(num_bytes, held):
            pass
    return held


def put(num_bytes: int, held: list[Any]) -> bool:
    try:
        held.append(ray.put(np.zeros(num_bytes, np.uint8)))
    except (ObjectStoreFullError, OutOfDiskError):
        return False
    return True


def main(folder: Path, disk: Path) -> None:
    ray.init(
        address="local",
        num_cpus=1,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
        object_store_memory=STORE_BYTES,
        object_spilling_directory=str(disk),
    )
    held = fill()
    Study(folder / "spec.yaml", folder / "run").run(quiet=True)
    assert not put(2**20, held), "it was full all the while"
    ray.shutdown()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
