"""A parameter of an operation: text from a URL made a checked value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from workerkit.openapi.spec.document import Document, Json
from workerkit.openapi.spec.flaw import FlawError, first_flaw

_INTEGER = re.compile(r"-?[0-9]{1,40}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path or query parameter. `kind` is its schema's type: integer, array (comma-separated) or string.

    A number below `least` is taken for the default and one above `most` for `most`, where these are not None.
    """

    name: str
    place: str
    required: bool
    kind: str
    default: Any
    validator: jsonschema_rs.Validator
    least: int | None
    most: int | None

    def coerce(self, text: str) -> Any:
        """The value that the text stands for; raises Flaw where the schema does not allow it."""
        value = self._bounded(self._typed(text))
        if not self.validator.is_valid(value):
            raise first_flaw(self.validator, value, f"{self.place}/{self.name}")
        return value

    def _typed(self, text: str) -> Any:
        if self.kind == "array":
            return text.split(",")
        if self.kind == "integer" and _INTEGER.fullmatch(text):
            return int(text)
        return text

    def _bounded(self, value: Any) -> Any:
        if isinstance(value, int) and self.least is not None and value < self.least:
            return self.default
        if isinstance(value, int) and self.most is not None and value > self.most:
            return self.most
        return value


def compile_parameter(document: Document, source: Json) -> Parameter:
    """The parameter that a parameter object of the document describes."""
    source = document.follow(source)
    schema = source["schema"]
    resolved = document.follow(schema)
    return Parameter(
        name=source["name"],
        place=source["in"],
        required=bool(source.get("required")),
        kind=str(resolved.get("type", "string")),
        default=schema.get("default", resolved.get("default")),
        validator=document.validator(schema),
        least=schema["minimum"] if schema.get("x-shortfall") == "default" else None,
        most=schema["maximum"] if schema.get("x-excess") == "clamp" else None,
    )


def missing(parameter: Parameter) -> FlawError:
    """What to raise where a required parameter does not come."""
    return FlawError(f"{parameter.place}/{parameter.name}", "is required")
