"""What is wrong with a data set's inputs, found by reading some of them."""

from __future__ import annotations

import numpy as np

from study.parts.tasks.data import RawInputs
from study.values.problems import InputError, Problem

_NUM_READ = 200
_NUM_NAMED = 5


def input_problems(inputs: RawInputs) -> list[Problem]:
    """Return a problem if any of up to 200 evenly spaced inputs cannot be read (names the first 5)."""
    tried = np.unique(np.linspace(0, len(inputs) - 1, min(len(inputs), _NUM_READ)).astype(int)).tolist()
    messages = []
    for index in tried:
        try:
            inputs.read(index)
        except InputError as error:
            messages.append(str(error))
    if not messages:
        return []
    more = f"; and {len(messages) - _NUM_NAMED} more" if len(messages) > _NUM_NAMED else ""
    listed = "; ".join(messages[:_NUM_NAMED])
    return [
        Problem(message=f"{len(messages)} of {len(tried)} {inputs.kind.value} tried cannot be read: {listed}{more}")
    ]
