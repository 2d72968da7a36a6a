"""Studies of a pretrained backbone beside the same studies as plain Ray Tune function trials.

Same backbone, images, space, epochs and CPUs on both sides; the plain side is written as Ray Tune's documentation shows
and measures less (one metric of one split). Both include everything after Ray's start. The plain side starts every
trial anew, so that its throughput does not depend on how many there are: it runs fewer.

    python scripts/benchmarks/against_ray_tune.py [--quick] [--json FILE] [--studies linear_probe ...] [--pairs N]
"""

from __future__ import annotations

from adaptation.pairing import compare

GOALS = {"linear_probe": "ratio >= 50", "freezing_depth": "ratio >= 2"}

if __name__ == "__main__":
    compare("plain", __doc__, GOALS)
