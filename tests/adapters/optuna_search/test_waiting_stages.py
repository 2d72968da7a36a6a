"""A plan says how many epochs pass before all that is unfrozen is trained."""

from builders import following

SPACE = """
def space(trial, arm):
    return {"freezing_depth": 1, "head_learning_rate": 0.1, "backbone_learning_rate": 0.1, "batch_size": 8, **WAY}
"""


def test_patience_begins_behind_the_epochs_in_which_stages_wait(bench):
    for way, expected in (({"probe_epochs": 2}, 2), ({"unfreeze_every": 2}, 6), ({}, 0)):
        bench.write(SPACE.replace("WAY", repr(way)), name=f"space{expected}.py")
        spec = bench.spec(protocols=["fine_tuning"], search={"space": f"space{expected}.py:space"}, name=f"s{expected}")
        (bench.root / "study").mkdir(exist_ok=True)
        source = bench.source(spec)
        assert following(source).plan.partial_epochs == expected
