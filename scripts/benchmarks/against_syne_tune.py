"""Studies of a pretrained backbone beside the same studies through Syne Tune's local backend, two workers.

Same backbone, images, space, epochs and threads on both sides; Syne Tune starts a process a trial, as its documentation
shows, and searches at random. It is no dependency of this project: `pip install syne-tune` first.

    python scripts/benchmarks/against_syne_tune.py [--quick] [--json FILE] [--studies linear_probe ...] [--pairs N]
"""

from __future__ import annotations

from adaptation.pairing import compare

if __name__ == "__main__":
    compare("plain_syne_tune", __doc__, {})
