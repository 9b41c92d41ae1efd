"""An OpenAPI document: read once, its references followed, its schemas compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, cast
from urllib.parse import unquote, urlsplit

import jsonschema_rs

from workerkit.openapi.formats import yaml_nodes

Json = dict[str, Any]
_SCHEMAS = "#/components/schemas/"


class Document:
    """An OpenAPI 3.1 document whose references stay inside it."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self.root: Json = dict(root)

    @property
    def base_path(self) -> str:
        """The path of the first server's URL, without a slash at its end: `/api/v1/worker`."""
        return urlsplit(str(self.root["servers"][0]["url"])).path.rstrip("/")

    def follow(self, value: Json) -> Json:
        """The value, or what it refers to where it is a reference; raises KeyError where that is missing."""
        while "$ref" in value:
            value = self._pointed(str(value["$ref"]))
        return value

    def validator(self, schema: Json) -> jsonschema_rs.Validator:
        """A compiled validator of a schema of this document, formats included."""
        within = {**schema, "components": {"schemas": self._referred_to(schema)}}
        return cast(
            jsonschema_rs.Validator, jsonschema_rs.Draft202012Validator(within, validate_formats=True)
        )

    def _pointed(self, reference: str) -> Json:
        place: Any = self.root
        for step in reference.removeprefix("#/").split("/"):
            place = place[_unescaped(step)]
        return cast(Json, place)

    def _referred_to(self, schema: Json) -> Json:
        """The schemas that a schema refers to, and those that they do: a validator holds all it is given."""
        schemas: Json = self.root.get("components", {}).get("schemas", {})
        needed: Json = {}
        waiting = list(_names_in(schema))
        while waiting:
            name = waiting.pop()
            if name in schemas and name not in needed:
                needed[name] = schemas[name]
                waiting += _names_in(schemas[name])
        return needed


@cache
def bundled(name: str) -> Document:
    """A document that comes with the kit: `worker-api.yaml` or `control-api.yaml`."""
    text = resources.files("workerkit.openapi").joinpath(name).read_text("utf-8")
    return Document(_with_neighbours(read(text, name=name).root))


def read(text: str, *, name: str) -> Document:
    """The document in a YAML text; `name` is the file's, for messages. Raises yamlsource.NotUnderstood."""
    return Document(yaml_nodes.load(text, name=name).plain())


def _unescaped(step: str) -> str:
    return unquote(step).replace("~1", "/").replace("~0", "~")


def _names_in(value: Any) -> Iterator[str]:
    """The names of the schemas that are referred to anywhere in a value."""
    if isinstance(value, list):
        for each in value:
            yield from _names_in(each)
    elif isinstance(value, dict):
        reference = str(value.get("$ref", ""))
        if reference.startswith(_SCHEMAS):
            yield _unescaped(reference.removeprefix(_SCHEMAS).partition("/")[0])
        for each in value.values():
            yield from _names_in(each)


def _with_neighbours(value: Any) -> Any:
    """The value with every reference to another bundled document replaced by what it refers to."""
    if isinstance(value, list):
        return [_with_neighbours(each) for each in value]
    if not isinstance(value, dict):
        return value
    neighbour, hash_sign, pointer = str(value.get("$ref") or "#").partition("#")
    if neighbour:
        return bundled(neighbour).follow({"$ref": hash_sign + pointer})
    return {key: _with_neighbours(each) for key, each in value.items()}
