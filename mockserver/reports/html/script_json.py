"""JSON in a `script` element of the HTML page."""

from __future__ import annotations

from typing import Any

from workerkit.openapi.formats.strict_json import render


def script_json(value: Any) -> str:
    """The JSON of a value. No text in it can end the element."""
    return render(value).decode().replace("<", "\\u003c")


def script_size(value: Any) -> int:
    """How many bytes the JSON of a value has."""
    return len(script_json(value).encode())
