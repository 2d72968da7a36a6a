"""What a storage client says, in a sentence that a person can act on."""

from __future__ import annotations

import re

from study.values.problems import InputError

_CODE = re.compile(r"AWS Error (\w+)")
_SYSTEM = re.compile(r"Detail: \[errno \d+\] (.+)")
_REFUSED = {
    "ACCESS_DENIED",
    "EXPIRED_TOKEN",
    "INVALID_ACCESS_KEY_ID",
    "INVALID_CLIENT_TOKEN_ID",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "SIGNATURE_DOES_NOT_MATCH",
    "UNRECOGNIZED_CLIENT",
}


class StoreError(InputError):
    """A URL that could not be read or written."""


def in_plain_words(error: BaseException) -> str:
    """Return what went wrong, in one line without request numbers."""
    text = " ".join(str(error).split())
    code = _CODE.search(text)
    if code and code[1] == "NO_SUCH_BUCKET":
        return "there is no such bucket"
    if code and (code[1] in _REFUSED or "FORBIDDEN" in text):
        return f"access was refused ({code[1]}); check the credentials in the environment and what they may do"
    if system := _SYSTEM.search(text):
        return system[1]
    if isinstance(error, PermissionError):
        return f"access was refused ({text})"
    if isinstance(error, TimeoutError) or (code and code[1] == "NETWORK_CONNECTION"):
        detail = text.partition("curlCode: ")[2].partition("; ")[0].partition(", ")[2] or text
        return f"its endpoint does not answer ({detail}); check the address and the network"
    return re.sub(r" \(Request ID: [^)]*\)", "", text) or type(error).__name__
