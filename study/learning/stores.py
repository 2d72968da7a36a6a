"""From raw inputs to a store, whatever kind they are."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from study.learning.cache import CacheFolder
from study.learning.image_store import ImageStore
from study.learning.input_store import InputStore
from study.learning.table_store import TableStore
from study.learning.text_store import TextStore
from study.parts.columns import Columns
from study.parts.preparation import Preparation
from study.parts.preprocessing import Preprocessing
from study.parts.tasks.data import RawInputs
from study.parts.tokenization import Tokenization


def open_store(
    inputs: RawInputs, examples: NDArray[np.int64], preprocessing: Preparation, cache: CacheFolder
) -> InputStore:
    """Open the store of some of a data set's inputs, preparing what is not there yet.

    Args:
        inputs: The data set's, of the kind that `preprocessing` is for: specs are checked for that.
        examples: Positions in `inputs` of those wanted, in the order of the store's rows.
        preprocessing: Of the backbone.
        cache: Of this node.

    Raises:
        InputError: If an input cannot be read (names it).
    """
    if isinstance(preprocessing, Columns):
        return TableStore(inputs, examples, preprocessing)
    if isinstance(preprocessing, Tokenization):
        return TextStore(inputs, examples, preprocessing, cache)
    assert isinstance(preprocessing, Preprocessing), f"no store for {inputs.kind.value}"
    return ImageStore(inputs, examples, preprocessing, cache)
