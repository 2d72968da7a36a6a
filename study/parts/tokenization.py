"""What is done to a text before it enters a backbone."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import torch
from pydantic import Field
from torch import Tensor

from study.parts.preparation import Preparation
from study.values.input_kind import InputKind
from study.values.problems import InputError, Problem

TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spm.model",
    "sentencepiece.bpe.model",
    "bpe_encoder.bin",
)
"""Files that a tokenizer may be made of."""
MODEL_CONFIG = "config.json"
"""Beside them; where they do not say of which class the tokenizer is, it does."""

_BLANK_LENGTH = 8


class Tokenization(Preparation):
    """Cutting texts, or pairs, into tokens, as the backbone's own tokenizer does."""

    kind: ClassVar[InputKind] = InputKind.TEXT
    folder: str
    """Where the tokenizer's files are."""
    digest: str
    """Of these files."""
    max_length: int = Field(ge=2)
    """Tokens at most, the special ones included; of longer texts the end is cut off, of a pair that of the longer."""

    @classmethod
    def of(cls, folder: Path, max_length: int) -> Tokenization:
        """Return that of a tokenizer's folder."""
        return cls(folder=str(folder), digest=_digest(folder), max_length=max_length)

    def num_tokens(self) -> int:
        """Return how many tokens the tokenizer knows.

        Raises:
            InputError: If it cannot be read.
        """
        return len(_tokenizer(self.folder, self.digest))

    def blank(self, num: int) -> Tensor:
        """Return tokens of id 0 without padding, int64, shape (num, 3, 8)."""
        length = min(_BLANK_LENGTH, self.max_length)
        tokens = torch.zeros(num, 3, length, dtype=torch.int64)
        tokens[:, 1] = 1
        return tokens

    def tokenize(self, texts: Sequence[tuple[str, ...]]) -> Tensor:
        """Return ids, attention mask and token types: int64, shape (N, 3, L), padded at the end to the longest.

        Args:
            texts: One text or two each; of all as many.
        """
        if len({len(one) for one in texts}) > 1:
            return self._mixed(texts)
        columns = [list(column) for column in zip(*texts, strict=True)]
        encoded = _tokenizer(self.folder, self.digest)(
            *columns,
            truncation=True,
            max_length=self.max_length,
            padding="longest",
            padding_side="right",
            return_attention_mask=True,
            return_token_type_ids=True,
            return_tensors="pt",
        )
        ids, mask = encoded["input_ids"], encoded["attention_mask"]
        return torch.stack([ids, mask, encoded.get("token_type_ids", torch.zeros_like(ids))], dim=1)

    def _mixed(self, texts: Sequence[tuple[str, ...]]) -> Tensor:
        """Tokenise texts and pairs together."""
        parts = [self.tokenize([text]) for text in texts]
        tokens = torch.zeros(len(parts), 3, max(part.shape[2] for part in parts), dtype=torch.int64)
        for row, part in zip(tokens, parts, strict=True):
            row[:, : part.shape[2]] = part[0]
        return tokens


@lru_cache(maxsize=4)
def _tokenizer(folder: str, digest: str) -> Any:
    from transformers import AutoTokenizer

    try:
        # Nothing of the folder is executed: a tokenizer that needs code of its own is refused.
        return AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except Exception as error:  # of whatever kind its readers find
        reason = str(error).partition("\n")[0]
        message = f"cannot read the tokenizer in {folder}: {type(error).__name__}: {reason}"
        raise InputError(Problem(message=message, location=("source",))) from error


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in TOKENIZER_FILES:
        if (folder / name).is_file():
            digest.update(name.encode())
            digest.update(hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()[:32]
