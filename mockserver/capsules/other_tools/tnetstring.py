"""Reads tnetstrings, the format of mitmproxy's flow files: `LENGTH:DATA` and a sign for the type."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from workerkit.openapi.errors import WorkerkitError

_MAX_LENGTH_DIGITS = 12
_MAX_LEVELS = 50


class NotTnetstringError(WorkerkitError, ValueError):
    """The bytes are not a tnetstring. The message says where."""


def read_values(data: bytes) -> Iterator[Any]:
    """The values in a file, one after the other. Raises NotTnetstringError."""
    place = 0
    while place < len(data):
        value, place = _value_at(data, place, _MAX_LEVELS)
        yield value


def _value_at(data: bytes, place: int, levels: int) -> tuple[Any, int]:
    """The value at a place, and the place after it."""
    colon = data.find(b":", place, place + _MAX_LENGTH_DIGITS + 1)
    if colon < 0 or not data[place:colon].isdigit():
        raise NotTnetstringError(f"byte {place}: a length and a colon are expected here")
    begin, end = colon + 1, colon + 1 + int(data[place:colon])
    sign = data[end : end + 1]
    if not sign:
        raise NotTnetstringError(f"byte {place}: the file ends in the middle of a value")
    if sign in _CONTAINERS:
        if levels == 0:
            raise NotTnetstringError(f"byte {place}: more than {_MAX_LEVELS} levels")
        return _CONTAINERS[sign](list(_members(data[begin:end], levels - 1))), end + 1
    try:
        return _SCALARS[sign](data[begin:end]), end + 1
    except (KeyError, ValueError):
        raise NotTnetstringError(f"byte {place}: this value cannot be read") from None


def _members(data: bytes, levels: int) -> Iterator[Any]:
    place = 0
    while place < len(data):
        value, place = _value_at(data, place, levels)
        yield value


def _mapping(members: list[Any]) -> dict[str, Any]:
    return {_text(name): value for name, value in zip(members[::2], members[1::2], strict=False)}


def _text(name: Any) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name)


_CONTAINERS: dict[bytes, Callable[[list[Any]], Any]] = {b"]": list, b"}": _mapping}
_SCALARS: dict[bytes, Callable[[bytes], Any]] = {
    b",": bytes,
    b";": bytes.decode,
    b"#": int,
    b"^": float,
    b"!": lambda data: data == b"true",
    b"~": lambda data: None,
}
