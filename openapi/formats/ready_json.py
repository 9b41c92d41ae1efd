"""A JSON object that is rendered once and stands in many texts."""

from __future__ import annotations

from typing import Any

import orjson

from workerkit.openapi.formats.strict_json import render


class ReadyJson(dict[str, Any]):
    """An object that `render` writes as it was when it was made: it is not to be changed afterwards."""

    __slots__ = ("text",)

    def __init__(self, value: dict[str, Any]) -> None:
        super().__init__(value)
        self.text = orjson.Fragment(render(value))
