"""Content codings: whether the body of a message is encoded, for example with gzip."""

from __future__ import annotations

from collections.abc import Iterable

_PLAIN = ("", "identity")


def is_encoded(headers: Iterable[tuple[str, str]]) -> bool:
    """Whether the header `content-encoding` names a coding other than `identity`, in upper or lower case.

    headers: names and values, with names in lower case.
    """
    values = (value for name, value in headers if name == "content-encoding")
    return any(coding.strip().lower() not in _PLAIN for value in values for coding in value.split(","))
