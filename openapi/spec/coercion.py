"""Changes a request's body before it is validated, in some dialects.

The changes: nulls are removed, words are written in capital letters, values of a near type are converted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workerkit.openapi.formats.near_type import NEAR_TYPES, converted
from workerkit.openapi.spec.document import Document, Json


@dataclass(frozen=True, slots=True)
class Coercion:
    """The changes to a value of one schema.

    drop_nulls: remove the fields that are null (`x-nulls: ignored` in the schema).
    capitals: write text in capital letters (`x-case: any` in the schema).
    near_type: convert a value of a near type to this type (`x-types: converted` in the schema of the object).
        None: do not convert.
    fields: the coercions of an object's fields, by name.
    members: the coercion of each member of a list.
    """

    drop_nulls: bool = False
    capitals: bool = False
    near_type: str | None = None
    fields: dict[str, Coercion] = field(default_factory=dict)
    members: Coercion | None = None

    def coerce(self, value: Any) -> Any:
        """The changed value. A value whose type is neither the schema's nor near to it is not changed."""
        if isinstance(value, dict):
            return self._coerced_object(value)
        if isinstance(value, list) and self.members is not None:
            return [self.members.coerce(member) for member in value]
        if self.near_type is not None:
            value = converted(value, self.near_type)
        return value.upper() if self.capitals and isinstance(value, str) else value

    def _coerced_object(self, value: dict[str, Any]) -> dict[str, Any]:
        return {
            name: self.fields[name].coerce(member) if name in self.fields else member
            for name, member in value.items()
            if not (self.drop_nulls and member is None)
        }


def compile_coercion(document: Document, schema: Json, *, is_converted: bool = False) -> Coercion | None:
    """The coercion that a schema asks for, at any depth. None if it asks for no change.

    is_converted: True if the schema is that of a field, and the object converts its fields.
    """
    parts = _parts(document, schema)
    converts_fields = any(part.get("x-types") == "converted" for part in parts)
    properties = [pair for part in parts for pair in part.get("properties", {}).items()]
    fields = {
        name: compile_coercion(document, value, is_converted=converts_fields) for name, value in properties
    }
    # The schema of `x-each` comes first, because it has more rules than the schema of `items`.
    members = [
        compile_coercion(document, part[keyword])
        for keyword in ("x-each", "items")
        for part in parts
        if keyword in part
    ]
    coercion = Coercion(
        drop_nulls=any(part.get("x-nulls") == "ignored" for part in parts),
        capitals=any(part.get("x-case") == "any" for part in parts),
        near_type=_near_type(parts) if is_converted else None,
        fields={name: of_field for name, of_field in fields.items() if of_field is not None},
        members=next((of_member for of_member in members if of_member is not None), None),
    )
    return None if coercion == Coercion() else coercion


def _near_type(parts: list[Json]) -> str | None:
    return next((part["type"] for part in parts if part.get("type") in NEAR_TYPES), None)


def _parts(document: Document, schema: Json) -> list[Json]:
    """The schema, the schema that it refers to, and all parts of its `allOf`."""
    target = document.follow(schema)
    beside_reference = [] if target is schema else [schema]
    composed = [part for member in target.get("allOf", []) for part in _parts(document, member)]
    return [target, *beside_reference, *composed]
