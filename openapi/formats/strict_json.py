"""Strict JSON: what a careful server reads and writes."""

from __future__ import annotations

import json
from collections import deque
from operator import attrgetter
from typing import Any

import orjson

from workerkit.openapi.errors import WorkerkitError

_DEEPEST, _DEEPEST_WRITTEN = 200, 254
_ready_text = attrgetter("text")  # of a `ReadyJson`


class MalformedJsonError(WorkerkitError, ValueError):
    """The text is no JSON that a server has to read; the message says what is wrong and where."""


def parse(text: bytes) -> Any:
    """The value of a JSON text.

    Raises Malformed for bad syntax and for what is legal in some readers only: NaN, lone surrogates, bytes
    that are no UTF-8, a byte order mark, more than 200 levels, numbers beyond a double. What is read here can
    be walked through by recursion and rendered again.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise MalformedJsonError(str(error)) from None
    if text.count(b"[") + text.count(b"{") > _DEEPEST and _is_deep(value):
        raise MalformedJsonError(f"more than {_DEEPEST} levels")
    return value


def is_json(text: bytes) -> bool:
    """Whether a text is JSON that a server has to read."""
    try:
        parse(text)
    except MalformedJsonError:
        return False
    return True


def render(value: Any) -> bytes:
    """The JSON text of a value; integers beyond 64 bits are written in full."""
    try:
        return orjson.dumps(value, _ready_text, orjson.OPT_PASSTHROUGH_SUBCLASS)
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


# Several read the same object one after the other: it is known again without a look at its bytes.
# Few are kept: memory that is given back at once is taken again while the processor has it at hand.
_lately: deque[tuple[bytes, Any]] = deque(maxlen=2)


def parsed(text: bytes) -> Any:
    """As `parse`, for those who read what others have just read or written, and do not change the value."""
    for known, value in tuple(_lately):
        if known is text:
            return value
    value = parse(text)
    _lately.append((text, value))
    return value


def rendered(value: Any) -> bytes:
    """As `render`, for a value that is read with `parsed` afterwards, and not changed any more."""
    text = render(value)
    _lately.append((text, value))
    return text


def objects_in(value: Any, name: str) -> list[dict[str, Any]]:
    """The objects in the list that is a field of an object: none where there is no such list."""
    listed = value.get(name) if isinstance(value, dict) else None
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _is_deep(value: Any) -> bool:
    """Whether it has too many levels: then it has, inside some more, more than orjson writes."""
    for _ in range(_DEEPEST_WRITTEN - _DEEPEST):
        value = [value]
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return True
    return False
