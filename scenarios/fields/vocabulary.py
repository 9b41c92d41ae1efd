"""The words of the API that a scenario may use, as the spec has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs

from workerkit.openapi.spec.api import Api, worker_api
from workerkit.openapi.spec.document import Document, Json
from workerkit.openapi.spec.flaw import first_flaw
from workerkit.scenarios.fields.kinds import ANY, ValueKind
from workerkit.scenarios.fields.words import Words

# The world's clock says when, and only the world knows the ids of its requests.
_THE_WORLDS_OWN = ("created_at", "started_at", "request_id")
# What a listed task has of its request and its account, others have too; and an id is for ever.
_NOT_TO_CHANGE = (
    "id",
    "email",
    "username",
    "password",
    "about",
    "request_name",
    "request_website",
    "type_request",
    "auction_price",
)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Operations, statuses, and the fields of a task that a scenario may set, each with its JSON Schema.

    `bodies` are those operations whose requests have a body, `paths_with_id` those with an id in their path.
    """

    operations: tuple[str, ...]
    bodies: tuple[str, ...]
    paths_with_id: tuple[str, ...]
    task_statuses: tuple[str, ...]
    server_statuses: tuple[str, ...]
    task_schemas: Mapping[str, Json]
    task_fields: Mapping[str, jsonschema_rs.Validator]

    def flaw_of_task_field(self, name: str, value: Any) -> str | None:
        """What is wrong with the value of a field of a task, or None; the field must be one."""
        validator = self.task_fields[name]
        return None if validator.is_valid(value) else first_flaw(validator, value, name).message

    @property
    def changeable(self) -> tuple[str, ...]:
        """The fields of a task that can change while it exists."""
        return tuple(name for name in self.task_fields if name not in _NOT_TO_CHANGE)

    def words(self, servers: Iterable[str]) -> Words:
        """The words that values are chosen from in a world with these servers."""
        return Words(
            {
                ValueKind.OPERATION: (ANY, *self.operations),
                ValueKind.SERVER_STATUS: self.server_statuses,
                ValueKind.SERVER: tuple(servers),
                ValueKind.TASK_STATUS: self.task_statuses,
                ValueKind.TASK_FIELDS: self.changeable,
            },
            self.task_fields,
        )


def vocabulary_of(api: Api) -> Vocabulary:
    """The words of a spec of the Worker API."""
    schemas = _task_schemas(api.document)
    return Vocabulary(
        operations=tuple(api.operations),
        bodies=tuple(name for name, each in api.operations.items() if each.body is not None),
        paths_with_id=tuple(name for name, each in api.operations.items() if each.path_parameters),
        task_statuses=api.enumeration("TaskStatus"),
        server_statuses=_server_statuses(api.document.root["components"]["securitySchemes"]),
        task_schemas=schemas,
        task_fields={name: api.document.validator(schema) for name, schema in schemas.items()},
    )


@cache
def documented() -> Vocabulary:
    """The words of the spec that comes with the kit."""
    return vocabulary_of(worker_api())


def _server_statuses(schemes: Json) -> tuple[str, ...]:
    return tuple(status for scheme in schemes.values() for status in scheme.get("x-server-statuses", ()))


def _task_schemas(document: Document) -> dict[str, Json]:
    """The fields that a task is listed with, and those that only updates have: they are null before one."""
    schemas = document.root["components"]["schemas"]
    updated: Json = schemas["TaskUpdate"]["properties"]
    unset = {name: {"anyOf": [schema, {"type": "null"}]} for name, schema in updated.items()}
    properties = {**unset, **schemas["Task"]["properties"]}
    return {
        name: _plain(document, schema) for name, schema in properties.items() if name not in _THE_WORLDS_OWN
    }


def _plain(document: Document, value: Any) -> Any:
    """A schema of the spec as JSON Schema alone: references followed, extensions left out."""
    if isinstance(value, list):
        return [_plain(document, each) for each in value]
    if not isinstance(value, dict):
        return value
    followed = {**document.follow({"$ref": value["$ref"]}), **value} if "$ref" in value else value
    return {
        name: _plain(document, each)
        for name, each in followed.items()
        if name != "$ref" and not name.startswith("x-")
    }
