"""A parameter of an operation: turns text from a URL into a checked value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from workerkit.openapi.languages.phrase import phrase
from workerkit.openapi.spec.document import Document, Json
from workerkit.openapi.spec.flaw import FlawError, first_flaw

_INTEGER = re.compile(r"-?[0-9]{1,40}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A path or query parameter.

    name: the parameter's name.
    place: `path` or `query`.
    required: True if every request must have the parameter.
    kind: the type in the schema: integer, array (comma-separated) or string.
    default: the value when the parameter is missing.
    validator: checks the value.
    default_below: a number below this one is replaced by the default. None: small numbers are not replaced.
    clamp_above: a number above this one is replaced by this one. None: large numbers are not replaced.
    """

    name: str
    place: str
    required: bool
    kind: str
    default: Any
    validator: jsonschema_rs.Validator
    default_below: int | None
    clamp_above: int | None

    def coerce(self, text: str) -> Any:
        """The value of the text. Raises FlawError if the schema does not allow it."""
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
        if isinstance(value, int) and self.default_below is not None and value < self.default_below:
            return self.default
        if isinstance(value, int) and self.clamp_above is not None and value > self.clamp_above:
            return self.clamp_above
        return value


def compile_parameter(document: Document, source: Json) -> Parameter:
    """Compiles a parameter object of the document."""
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
        default_below=schema["minimum"] if schema.get("x-shortfall") == "default" else None,
        clamp_above=schema["maximum"] if schema.get("x-excess") == "clamp" else None,
    )


def missing_parameter(parameter: Parameter) -> FlawError:
    """The error for a request without a required parameter."""
    return FlawError(f"{parameter.place}/{parameter.name}", phrase("is required"))
