"""What a trial is given: how CPUs, GPUs and workers go together, and what is refused."""

import pytest
from pydantic import ValidationError

from study.values.spec import ResourcesSpec


@pytest.mark.parametrize(
    ("written", "cpus", "gpus", "workers", "threads"),
    [
        ({}, 1, 0, 1, 1),
        ({"gpus_per_trial": 4}, 4, 4, 4, 1),
        ({"gpus_per_trial": 4, "cpus_per_trial": 16}, 16, 4, 4, 4),
        ({"gpus_per_trial": 0.5}, 1, 0.5, 1, 1),
        ({"workers_per_trial": 2}, 2, 0, 2, 1),
        ({"workers_per_trial": 2, "cpus_per_trial": 7}, 7, 0, 2, 3),
        ({"cpus_per_trial": 0.5}, 0.5, 0, 1, 1),
    ],
)
def test_what_is_not_written_follows_from_what_is(written, cpus, gpus, workers, threads):
    resources = ResourcesSpec(**written)
    found = (resources.cpus_per_trial, resources.gpus_per_trial, resources.workers_per_trial)
    assert found == (cpus, gpus, workers)
    assert resources.threads_per_worker == threads
    assert ResourcesSpec.model_validate(resources.model_dump()) == resources


@pytest.mark.parametrize(
    ("written", "key", "message"),
    [
        ({"gpus_per_trial": 1.5}, "gpus_per_trial", "1.5: must be a share of one GPU, at most 1, or a whole number"),
        ({"gpus_per_trial": float("inf")}, "gpus_per_trial", "finite"),
        (
            {"gpus_per_trial": 4, "workers_per_trial": 3},
            "workers_per_trial",
            "3 workers on gpus_per_trial = 4: .* be 4",
        ),
        ({"gpus_per_trial": 4, "workers_per_trial": 1}, "workers_per_trial", "1 workers on gpus_per_trial = 4"),
        ({"gpus_per_trial": 0.5, "workers_per_trial": 2}, "workers_per_trial", "2 workers on gpus_per_trial = 0.5"),
        ({"gpus_per_trial": 4, "cpus_per_trial": 2}, "cpus_per_trial", "2 CPUs for 4 workers: must be at least 4"),
        ({"workers_per_trial": 0}, "workers_per_trial", "greater than or equal to 1"),
    ],
)
def test_what_does_not_go_together_is_refused_at_its_key(written, key, message):
    with pytest.raises(ValidationError, match=message) as caught:
        ResourcesSpec(**written)
    assert [error["loc"] for error in caught.value.errors()] == [(key,)]
