"""Writes an OpenAPI 3.1 document as OpenAPI 3.0, for tools that do not read 3.1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.openapi.spec.document import Document, Json

_VERSION = "3.0.3"
_NULL = {"type": "null"}
# The keys of these objects are names that the API chose. They are not keywords.
_OBJECTS_OF_NAMES = ("properties", "schemas")
_DATA = ("example", "examples", "value", "default", "enum")


def as_openapi30(root: Json) -> Json:
    """The same document as OpenAPI 3.0.

    `const` becomes an enumeration of one value. A `$ref` with other keys beside it becomes the only part of
    an `allOf`. An `anyOf` of a schema and null becomes the schema with `nullable`, because OpenAPI 3.0 has
    no type `null`.
    """
    converted: Json = {**_converted(Document(root), root), "openapi": _VERSION}
    converted["info"] = {name: text for name, text in root["info"].items() if name != "summary"}
    if "identifier" in root["info"].get("license", {}):
        converted["info"]["license"] = _license(root["info"]["license"])
    return converted


def _license(license_object: Json) -> Json:
    url = f"https://spdx.org/licenses/{license_object['identifier']}.html"
    return {"name": license_object["name"], "url": url}


def _converted(document: Document, value: Any, parent: str = "") -> Any:
    if isinstance(value, list):
        return [_converted(document, member, parent) for member in value]
    if not isinstance(value, dict) or parent in _DATA:
        return value
    if parent in _OBJECTS_OF_NAMES:
        return {name: _converted(document, member) for name, member in value.items()}
    if _NULL in value.get("anyOf", []):
        value = _nullable(document, value)
    return dict(_keywords({name: _converted(document, member, name) for name, member in value.items()}))


def _nullable(document: Document, schema: Json) -> Json:
    """A schema that allows null, without the type `null`. The other choice has to be a single schema."""
    (choice,) = (part for part in schema["anyOf"] if part != _NULL)
    own_keys = {name: member for name, member in schema.items() if name != "anyOf"}
    # In OpenAPI 3.0, `nullable` has an effect only beside `type`.
    return {**document.follow(choice), **own_keys, "nullable": True}


def _keywords(members: Json) -> Iterator[tuple[str, Any]]:
    """The keywords of a schema in OpenAPI 3.0."""
    for name, member in members.items():
        if name == "$ref" and len(members) > 1:
            yield "allOf", [{"$ref": member}]
        elif name == "const":
            yield "enum", [member]
        elif name == "examples" and isinstance(member, list):
            yield "example", member[0]
        else:
            yield name, member
