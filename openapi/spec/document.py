"""An OpenAPI document: reads the YAML, resolves its references and compiles its schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import jsonschema_rs

from workerkit.openapi.formats import yaml_nodes
from workerkit.openapi.spec.integer_spelling import DigitsKeyword
from workerkit.openapi.spec.own_keys import with_components_from_elsewhere, with_exact_values

Json = dict[str, Any]
_SCHEMAS = "#/components/schemas/"
_CACHE_SIZE = 512


class Document:
    """An OpenAPI 3.1 document. All its references point into the document itself."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root: Json = dict(root)
        self._names_in_schemas: dict[str, tuple[str, ...]] = {}

    @property
    def base_path(self) -> str:
        """The path of the first server's URL, without a slash at its end: `/api/v1/worker`."""
        return urlsplit(str(self.root["servers"][0]["url"])).path.rstrip("/")

    def follow(self, value: Json) -> Json:
        """Follows `$ref` until the value has no `$ref`. Raises KeyError if a reference points to nothing."""
        while "$ref" in value:
            value = self._value_at(str(value["$ref"]))
        return value

    def validator(self, schema: Json) -> jsonschema_rs.Validator:
        """Compiles a schema of this document into a validator. The validator also checks formats."""
        complete_schema = {**schema, "components": {"schemas": self._schemas_used_by(schema)}}
        return _compiled(json.dumps(complete_schema))

    def _value_at(self, reference: str) -> Json:
        value: Any = self.root
        for step in reference.removeprefix("#/").split("/"):
            value = value[_unescaped(step)]
        return cast(Json, value)

    def _schemas_used_by(self, schema: Json) -> Json:
        """The schemas that a schema refers to, directly or through other schemas.

        A validator keeps all its schemas in memory, so it gets only these.
        """
        schemas: Json = self.root.get("components", {}).get("schemas", {})
        used: Json = {}
        waiting = list(_schema_names_in(schema))
        while waiting:
            name = waiting.pop()
            if name in schemas and name not in used:
                used[name] = schemas[name]
                waiting += self._names_in(name, schemas[name])
        return used

    def _names_in(self, name: str, schema: Json) -> tuple[str, ...]:
        if name not in self._names_in_schemas:
            self._names_in_schemas[name] = tuple(_schema_names_in(schema))
        return self._names_in_schemas[name]


# The specs of two dialects have nearly all schemas in common, and to compile one takes long.
@lru_cache(maxsize=_CACHE_SIZE)
def _compiled(schema: str) -> jsonschema_rs.Validator:
    """Compiles a schema, written as JSON, that needs nothing outside itself."""
    complete_schema = json.loads(schema)
    # A keyword of our own makes a validator slower. So it gets the keyword only if its schema has it.
    keywords: dict[str, Any] | None = (
        {"x-digits": DigitsKeyword} if _has_key(complete_schema, "x-digits") else None
    )
    return cast(
        jsonschema_rs.Validator,
        jsonschema_rs.Draft202012Validator(complete_schema, validate_formats=True, keywords=keywords),
    )


@cache
def bundled_document(name: str) -> Document:
    """A document that is part of the kit: `worker-api.yaml` or `control-api.yaml`.

    The values under `x-exact` are applied. `bundled_source` gives the document without them.
    """
    source = bundled_source(name)
    return Document(with_exact_values(_without_external_references(source.root)))


@cache
def bundled_source(name: str) -> Document:
    """A document that is part of the kit, without the values under `x-exact`."""
    text = resources.files("workerkit.openapi").joinpath(name).read_text("utf-8")
    return Document(_parsed(text, name))


def read_document(text: str, *, name: str) -> Document:
    """Parses the YAML text of a document. `name` is the file name for messages. Raises InvalidInputError."""
    return Document(with_exact_values(_parsed(text, name)))


def _parsed(text: str, name: str) -> Json:
    return with_components_from_elsewhere(yaml_nodes.load(text, name=name).plain())


def _unescaped(step: str) -> str:
    return unquote(step).replace("~1", "/").replace("~0", "~")


def _has_key(value: Any, key: str) -> bool:
    """True if an object in a value has this key, at any depth."""
    if isinstance(value, list):
        return any(_has_key(member, key) for member in value)
    return isinstance(value, dict) and (key in value or any(_has_key(inner, key) for inner in value.values()))


def _schema_names_in(value: Any) -> Iterator[str]:
    """The names of all schemas that a value refers to, at any depth."""
    if isinstance(value, list):
        for member in value:
            yield from _schema_names_in(member)
    elif isinstance(value, dict):
        reference = str(value.get("$ref", ""))
        if reference.startswith(_SCHEMAS):
            yield _unescaped(reference.removeprefix(_SCHEMAS).partition("/")[0])
        for member in value.values():
            yield from _schema_names_in(member)


def _without_external_references(value: Any) -> Any:
    """Replaces each reference to another bundled document by the value that it points to."""
    if isinstance(value, list):
        return [_without_external_references(member) for member in value]
    if not isinstance(value, dict):
        return value
    file_name, hash_sign, pointer = str(value.get("$ref") or "#").partition("#")
    if file_name:
        return bundled_document(file_name).follow({"$ref": hash_sign + pointer})
    return {key: _without_external_references(member) for key, member in value.items()}
