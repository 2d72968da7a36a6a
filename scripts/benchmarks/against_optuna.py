"""Studies of a pretrained backbone beside the same studies through `optuna.optimize(n_jobs=2)`.

Same backbone, images, space, epochs and threads on both sides; Optuna's side trains as tutorials write it, in two
threads of one process, with its trials in an SQLite file.

    python scripts/benchmarks/against_optuna.py [--quick] [--json FILE] [--studies linear_probe ...] [--pairs N]
"""

from __future__ import annotations

from adaptation.pairing import compare

if __name__ == "__main__":
    compare("plain_optuna", __doc__, {})
