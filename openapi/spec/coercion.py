"""What some dialects do to a body before they judge it: nulls left out, words put into capitals."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from workerkit.openapi.spec.document import Document, Json


@dataclass(frozen=True, slots=True)
class Coercion:
    """For a value of one schema: whether its nulls count as left out (`x-nulls: ignored`), whether its case
    does not matter (`x-case: any`), and the preparations of what is inside it."""

    drop_nulls: bool = False
    capitals: bool = False
    fields: dict[str, Coercion] = field(default_factory=dict)
    members: Coercion | None = None

    def coerce(self, value: Any) -> Any:
        """The value to be judged; a value of another type than the schema's stays as it is."""
        if isinstance(value, dict):
            return self._prepared_object(value)
        if isinstance(value, list) and self.members is not None:
            return [self.members.coerce(each) for each in value]
        return value.upper() if self.capitals and isinstance(value, str) else value

    def _prepared_object(self, value: dict[str, Any]) -> dict[str, Any]:
        return {
            name: self.fields[name].coerce(each) if name in self.fields else each
            for name, each in value.items()
            if not (self.drop_nulls and each is None)
        }


def compile_coercion(document: Document, schema: Json) -> Coercion | None:
    """The preparation that a schema asks for, anywhere in it, or None where it asks for none."""
    parts = _parts(document, schema)
    inside = [pair for part in parts for pair in part.get("properties", {}).items()]
    fields = {name: compile_coercion(document, value) for name, value in inside}
    members = [
        compile_coercion(document, part[word])
        for part in parts
        for word in ("items", "x-each")
        if word in part
    ]
    found = Coercion(
        drop_nulls=any(part.get("x-nulls") == "ignored" for part in parts),
        capitals=any(part.get("x-case") == "any" for part in parts),
        fields={name: each for name, each in fields.items() if each is not None},
        members=next((member for member in members if member is not None), None),
    )
    return None if found == Coercion() else found


def _parts(document: Document, schema: Json) -> list[Json]:
    """The schema, what it refers to, and all that it is composed of."""
    target = document.follow(schema)
    beside = [] if target is schema else [schema]
    return [target, *beside, *(part for each in target.get("allOf", []) for part in _parts(document, each))]
