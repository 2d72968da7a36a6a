"""Arms' names are as short as tells them apart."""

import pytest

from study.faces.report.arm_names import by_tasks, short_names


@pytest.mark.parametrize(
    ("arms", "names"),
    [
        (["fine_tuning/a/x"], ["a"]),
        (["fine_tuning/a/x", "fine_tuning/b/x"], ["a", "b"]),
        (["fine_tuning/a/x", "linear_probe/a/x"], ["fine_tuning/a", "linear_probe/a"]),
        (["fine_tuning/a/x", "shared_representation/a/x+y"], ["fine_tuning/a", "shared_representation/a"]),
        (["fine_tuning/a/x", "fine_tuning/a/y"], ["a/x", "a/y"]),
        (
            ["fine_tuning/a/x", "fine_tuning/a/y", "linear_probe/a/x"],
            ["fine_tuning/a/x", "fine_tuning/a/y", "linear_probe/a/x"],
        ),
    ],
)
def test_parts_that_all_have_in_common_are_left_out(arms, names):
    assert list(short_names(arms).values()) == names
    assert list(short_names(arms)) == arms


def test_arms_on_the_same_tasks_come_together():
    arms = ["fine_tuning/a/x", "fine_tuning/a/y", "shared_representation/a/x+y", "fine_tuning/b/x"]
    assert by_tasks(arms) == {"x": [arms[0], arms[3]], "y": [arms[1]], "x+y": [arms[2]]}
