"""Reads JSON that other tools write, also if it is not strict JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from workerkit.openapi.formats.strict_json import MalformedJsonError, parse
from workerkit.openapi.formats.yaml_nodes import InvalidInputError

_ENTRIES = re.compile(r'"entries"\s*:\s*\[')
_BETWEEN = re.compile(r"[\s,]*")


def json_value(text: str, path: Path) -> Any:
    """The JSON value of a text. NaN and halves of surrogate pairs are allowed. Raises InvalidInputError."""
    try:
        return parse(text.encode())
    except (MalformedJsonError, UnicodeEncodeError):
        pass
    try:
        return json.loads(text)
    except RecursionError:
        raise InvalidInputError(f"{path}:1:1: the JSON has too many levels of lists and objects") from None
    except json.JSONDecodeError as error:
        is_cut_off = error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string")
        hint = ". The file ends too early: save it again" if is_cut_off else ""
        raise InvalidInputError(
            f"{path}:{error.lineno}:{error.colno}: this is not JSON: {error.msg}{hint}"
        ) from None


def are_json_lines(text: str) -> bool:
    """True if a text has several JSON values: one on each line."""
    first, _, rest = text.strip().partition("\n")
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        return False
    return bool(rest)


def line_of_entry(text: str, number: int) -> int:
    """The line on which entry `number` of a HAR begins. 1 if it cannot be found."""
    decoder = json.JSONDecoder()
    match = _ENTRIES.search(text)
    place = match.end() if match else text.find("[") + 1
    try:
        for _ in range(number - 1):
            _, place = decoder.raw_decode(text, _after_blanks(text, place))
    except (ValueError, RecursionError):
        return 1
    return text.count("\n", 0, _after_blanks(text, place)) + 1


def _after_blanks(text: str, place: int) -> int:
    match = _BETWEEN.match(text, place)
    return match.end() if match else place
