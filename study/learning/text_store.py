"""Tokenised texts, kept once a node as one memory-mapped array."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from study.learning.cache import CacheFolder
from study.learning.input_store import InputStore
from study.parts.tasks.data import RawInputs
from study.parts.tokenization import Tokenization
from study.values.keys import content_digest

_CHUNK = 256
"""Texts tokenised at a time."""
_MASK, _TYPE, _ID = 0, 1, 2
"""Bits of a token: whether it is one and no padding, its type, and from there on its id."""


class TextStore(InputStore):
    """Some of a data set's texts, tokenised for a backbone: int32, shape (N, max_length), a number a token."""

    how_else = "tokenised by each process"

    def __init__(
        self, texts: RawInputs, examples: NDArray[np.int64], preprocessing: Tokenization, cache: CacheFolder
    ) -> None:
        """Open the store, tokenising what is not there yet.

        Args:
            texts: The data set's.
            examples: Positions in `texts` of those wanted, in the order of the store's rows.
            preprocessing: The tokenizer and the most tokens of a text.
            cache: Of this node. Where it has no room, this process holds the tokens in memory.
        """
        self._preprocessing = preprocessing
        self._texts, self._examples = texts, examples
        tokenizer = [preprocessing.digest, preprocessing.max_length]
        self.digest = content_digest([texts.digest, examples.tolist(), *tokenizer, "texts-1"])
        shape = (len(examples), preprocessing.max_length)
        kept = self._keep(cache, "texts", shape=shape, dtype=np.int32, chunks=self._chunks)
        self._tokens = torch.from_numpy(np.concatenate(list(self._chunks()))) if kept is None else kept
        self._lengths = self.lengths = _lengths(self._tokens)
        self.longest = int(self._lengths.argmax())

    @property
    def preprocessing(self) -> Tokenization:
        """Return the tokenizer and the most tokens of a text."""
        return self._preprocessing

    def __len__(self) -> int:
        return len(self._examples)

    def fetch(self, rows: Tensor) -> Tensor:
        """Return the tokens of texts `rows`: int32, shape (len(rows), L), L tokens being those of the longest."""
        length = int(self._lengths[rows].max()) if len(rows) else 0
        return self._tokens[rows, :length]

    def prepare(self, fetched: Tensor, device: torch.device) -> Tensor:
        """Return texts on `device`: int64, shape (N, 3, L).

        The three are the tokens' ids, the attention mask, 1 for a token and 0 for padding, and the tokens' types.
        """
        tokens = fetched.to(device).long()
        return torch.stack([tokens >> _ID, tokens >> _MASK & 1, tokens >> _TYPE & 1], dim=1)

    def _chunks(self) -> Iterator[NDArray[Any]]:
        for start in range(0, len(self), _CHUNK):
            examples = self._examples[start : start + _CHUNK].tolist()
            ids, mask, types = self._preprocessing.tokenize([self._texts.read(one) for one in examples]).unbind(1)
            chunk = np.zeros((len(examples), self._preprocessing.max_length), dtype=np.int32)
            chunk[:, : ids.shape[1]] = (ids << _ID | types << _TYPE | mask << _MASK).numpy()
            yield chunk


def _lengths(tokens: Tensor) -> Tensor:
    """Return the tokens of each row: int64, shape (N,)."""
    parts = [(part >> _MASK & 1).sum(dim=1) for part in torch.split(tokens, _CHUNK)]
    return torch.cat(parts)
