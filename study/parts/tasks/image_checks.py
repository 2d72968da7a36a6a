"""What is wrong with a data set's images, found by decoding some of them."""

from __future__ import annotations

import numpy as np

from study.parts.tasks.data import Images
from study.values.problems import InputError, Problem

_NUM_DECODED = 200
_NUM_NAMED = 5


def image_problems(images: Images) -> list[Problem]:
    """Return a problem if any of up to 200 evenly spaced images cannot be read (names the first 5)."""
    tried = np.unique(np.linspace(0, len(images) - 1, min(len(images), _NUM_DECODED)).astype(int)).tolist()
    messages = []
    for index in tried:
        try:
            images.read(index)
        except InputError as error:
            messages.append(str(error))
    if not messages:
        return []
    more = f"; and {len(messages) - _NUM_NAMED} more" if len(messages) > _NUM_NAMED else ""
    listed = "; ".join(messages[:_NUM_NAMED])
    return [Problem(message=f"{len(messages)} of {len(tried)} images tried cannot be read: {listed}{more}")]
