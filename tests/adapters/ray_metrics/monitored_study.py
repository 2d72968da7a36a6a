"""Run a study on a Ray of its own that Prometheus can scrape: `monitored_study.py FOLDER RAY_FOLDER`.

Writes a line of JSON when Ray is up and one when the study is done; ends when its standard input is closed.
"""

import json
import sys
from pathlib import Path

import ray

import study
from study.orchestration.study import Study


def main(folder: Path, ray_folder: Path) -> None:
    context = ray.init(
        address="local",
        num_cpus=2,
        include_dashboard=True,
        dashboard_port=0,
        log_to_driver=False,
        logging_level="ERROR",
        _temp_dir=str(ray_folder),
        _system_config={"metrics_report_interval_ms": 1000},
    )
    say(dashboard=f"http://{context.dashboard_url}", session=context.address_info["session_dir"])
    spec = study.StudySpec.model_validate(
        {
            "name": "watched",
            "backbones": ["parts.py:small_net"],
            "tasks": [
                {"name": "digit", "data": "parts.py:two_labels", "target": "digit"},
                {"name": "odd", "data": "parts.py:two_labels", "target": "odd", "metric": "accuracy"},
            ],
            "search": {"trials": 4, "space": "parts.py:frozen_sometimes_diverging", "scheduler": {"kind": "none"}},
            "budget": {"epochs": 5},
            "resources": {"cache_dir": str(folder / "cache")},
            "assessment": {"seeds": 1},
        }
    )
    Study(spec, folder / "run", root=folder).run(quiet=True)
    say(done=True)
    sys.stdin.read()
    ray.shutdown()


def say(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
