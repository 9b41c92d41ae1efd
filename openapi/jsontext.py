"""Strict JSON: what a careful server reads and writes."""

from __future__ import annotations

import json
from typing import Any

import orjson


class Malformed(ValueError):
    """The text is no JSON that a server has to read; the message says what is wrong and where."""


def parse(text: bytes) -> Any:
    """The value of a JSON text.

    Raises Malformed for bad syntax and for what is legal in some readers only: NaN, lone surrogates, bytes
    that are no UTF-8, a byte order mark, more than 1,024 levels, numbers beyond a double.
    """
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise Malformed(str(error)) from None


def render(value: Any) -> bytes:
    """The JSON text of a value; integers beyond 64 bits are written in full."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
