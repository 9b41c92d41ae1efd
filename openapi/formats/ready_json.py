"""A JSON object that is rendered once and used in many JSON texts."""

from __future__ import annotations

from typing import Any

import orjson

from workerkit.openapi.formats.strict_json import render


class ReadyJson(dict[str, Any]):
    """A JSON object with its rendered text. `render` copies the text, so never change the object.

    text: the rendered JSON.
    """

    __slots__ = ("text",)

    def __init__(self, value: dict[str, Any]) -> None:
        super().__init__(value)
        self.text = orjson.Fragment(render(value))
