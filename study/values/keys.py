"""Identity from content: the digest of what a thing is made of."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel


def content_digest(value: Any) -> str:
    """Return 32 hexadecimal digits of SHA-256 over `value` as canonical JSON (sorted keys, no spaces).

    Args:
        value: Anything JSON can hold; pydantic models, tuples and paths are brought into that form.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return str(value)
