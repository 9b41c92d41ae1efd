"""Strict JSON: accepts only JSON that every parser reads in the same way."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import orjson

from workerkit.openapi.errors import WorkerkitError

# How many levels of objects and lists a text may have, and how many orjson can write.
_MAX_LEVELS, _MAX_WRITTEN_LEVELS = 200, 254


class MalformedJsonError(WorkerkitError, ValueError):
    """The text is not strict JSON. The message says what is wrong and where."""


def parse(text: bytes) -> Any:
    """Parses a JSON text.

    Raises MalformedJsonError for bad syntax. It also raises the error for texts that only some parsers
    accept: NaN, lone surrogates, bytes that are not UTF-8, a byte order mark, more than 200 levels, and
    numbers that do not fit into a double.
    """
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise MalformedJsonError(str(error)) from None
    if text.count(b"[") + text.count(b"{") > _MAX_LEVELS and _has_too_many_levels(value):
        raise MalformedJsonError(f"more than {_MAX_LEVELS} levels")
    return value


def is_json(text: bytes) -> bool:
    """True if a text is strict JSON."""
    try:
        parse(text)
    except MalformedJsonError:
        return False
    return True


def render(value: Any) -> bytes:
    """The JSON text of a value. All digits of large integers are written."""
    try:
        return orjson.dumps(value, _written, orjson.OPT_PASSTHROUGH_SUBCLASS)
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _written(value: Any) -> Any:
    """What is written for a value of a class of our own: the English text of a `Phrase`, or a `ReadyJson`."""
    return str(value) if isinstance(value, str) else value.text


# Different parts of the kit parse the same bytes object one after another. The last two texts are cached.
# The cache compares identities, not bytes. More entries would only use more memory.
_recent: deque[tuple[bytes, Any]] = deque(maxlen=2)


def parse_shared(text: bytes) -> Any:
    """Like `parse`, but returns the same value for the same bytes object. Do not change the value."""
    for recent_text, value in tuple(_recent):
        if recent_text is text:
            return value
    value = parse(text)
    _recent.append((text, value))
    return value


def render_shared(value: Any) -> bytes:
    """Like `render`, but a later `parse_shared` of the result returns `value`. Do not change the value."""
    text = render(value)
    _recent.append((text, value))
    return text


def objects_in(value: Any, name: str) -> list[dict[str, Any]]:
    """The JSON objects in the list `value[name]`. Empty if there is no such list."""
    members = value.get(name) if isinstance(value, dict) else None
    return [member for member in members if isinstance(member, dict)] if isinstance(members, list) else []


def _has_too_many_levels(value: Any) -> bool:
    # orjson can write 254 levels. To lower this limit to 200, the code nests the value in 54 lists, one
    # inside the other. If orjson then refuses the value, the value itself has more than 200 levels.
    for _ in range(_MAX_WRITTEN_LEVELS - _MAX_LEVELS):
        value = [value]
    try:
        orjson.dumps(value)
    except orjson.JSONEncodeError:
        return True
    return False
