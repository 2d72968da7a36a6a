"""That a backbone is refused for the same reason where a spec is checked and where it is built."""

from pathlib import Path

import pytest

from study.parts.backbones import backbone_problems, build_backbone
from study.values.problems import InputError
from study.values.spec import BackboneSpec


def assert_refused(spec: BackboneSpec, *, root: Path, location: tuple[str, ...], said: str) -> None:
    """Assert that a backbone has one problem, at `location`, whose message has `said` in it, built or not."""
    problems = backbone_problems(spec, root=root)
    assert [problem.location for problem in problems] == [location]
    assert said in problems[0].message
    with pytest.raises(InputError) as raised:
        build_backbone(spec, root=root)
    assert said in str(raised.value)
