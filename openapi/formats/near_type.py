"""Converts JSON values of a near type, as servers without strict types do."""

from __future__ import annotations

from typing import Any

from workerkit.openapi.formats.strict_json import MalformedJsonError, parse, render

NEAR_TYPES = ("integer", "number", "boolean", "string")
_BOOLEANS = {"true": True, "false": False}


def converted(value: Any, kind: str) -> Any:
    """The value in another JSON type. A value that is not near to the type is not changed.

    kind: `integer` or `number`: a text with a JSON number, and true and false as 1 and 0.
        `boolean`: the texts true and false, and the numbers 1 and 0.
        `string`: a number or a boolean, as its JSON text.

    The result may still have another type: the text 5.5 becomes the number 5.5 also for `integer`.
    """
    if isinstance(value, str):
        return _from_text(value, kind)
    if not isinstance(value, int | float):
        return value
    if kind == "string":
        return render(value).decode()
    if kind == "boolean":
        return bool(value) if value in (0, 1) else value
    return int(value) if isinstance(value, bool) else value


def _from_text(text: str, kind: str) -> Any:
    if kind == "boolean":
        return _BOOLEANS.get(text, text)
    return text if kind == "string" else _number_in(text)


def _number_in(text: str) -> Any:
    """The number in a text. The text itself if it has no JSON number."""
    try:
        value = parse(text.encode())
    except MalformedJsonError:
        return text
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else text
