"""Strict JSON: what a careful server reads and writes."""

from __future__ import annotations

import json
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

import orjson

_DEEPEST = 200
_ready_text = attrgetter("text")  # of a `Rendered`


class Malformed(ValueError):
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
        raise Malformed(str(error)) from None
    if text.count(b"[") + text.count(b"{") > _DEEPEST and _is_deep(value):
        raise Malformed(f"more than {_DEEPEST} levels")
    return value


def render(value: Any) -> bytes:
    """The JSON text of a value; integers beyond 64 bits are written in full."""
    try:
        return orjson.dumps(value, _ready_text, orjson.OPT_PASSTHROUGH_SUBCLASS)
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _is_deep(value: Any) -> bool:
    level, depth = [value], 0
    while level and depth < _DEEPEST:
        level = [inner for each in level for inner in _inside(each) if isinstance(inner, list | dict)]
        depth += 1
    return bool(level)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
