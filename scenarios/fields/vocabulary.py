"""The words of the Worker API that a scenario may use, taken from the API's OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs

from workerkit.openapi.asked import KINDS
from workerkit.openapi.spec.api import Api, worker_api
from workerkit.openapi.spec.document import Document, Json
from workerkit.openapi.spec.flaw import first_flaw
from workerkit.scenarios.fields.allowed_words import AllowedWords
from workerkit.scenarios.fields.kinds import ANY, ValueKind

# A scenario cannot set these fields: the world takes the times from its clock and chooses the request ids.
_SET_BY_WORLD = ("created_at", "started_at", "request_id")
# An effect cannot change these fields of a task. An id never changes. The other fields belong to the
# customer's request or to the account. Other tasks may have the same request or account, so an effect on one
# task must not change these fields.
_UNCHANGEABLE = (
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
    """Names and values from the OpenAPI document.

    operations: the names of all operations.
    operations_with_body: the operations whose requests have a body.
    operations_with_id: the operations that have an id in their path.
    task_statuses: the statuses of a task.
    server_statuses: the statuses of a server.
    task_schemas: for each field of a task that a scenario may set, its JSON Schema.
    task_fields: for each of these fields, the validator of its values.
    """

    operations: tuple[str, ...]
    operations_with_body: tuple[str, ...]
    operations_with_id: tuple[str, ...]
    task_statuses: tuple[str, ...]
    server_statuses: tuple[str, ...]
    task_schemas: Mapping[str, Json]
    task_fields: Mapping[str, jsonschema_rs.Validator]

    def flaw_of_task_field(self, name: str, value: Any) -> str | None:
        """Describes what is wrong with a value for the task field `name`. None if the value is valid."""
        validator = self.task_fields[name]
        return None if validator.is_valid(value) else first_flaw(validator, value, name).message

    @property
    def changeable_fields(self) -> tuple[str, ...]:
        """The fields of a task that an effect can change."""
        return tuple(name for name in self.task_fields if name not in _UNCHANGEABLE)

    def allowed_words(self, servers: Iterable[str]) -> AllowedWords:
        """The words that a scenario file may use if its world has these servers."""
        return AllowedWords(
            {
                ValueKind.OPERATION: (ANY, *self.operations),
                ValueKind.ASKED: KINDS,
                ValueKind.SERVER_STATUS: self.server_statuses,
                ValueKind.SERVER: tuple(servers),
                ValueKind.TASK_STATUS: self.task_statuses,
                ValueKind.TASK_FIELDS: self.changeable_fields,
            },
            self.task_fields,
        )


def vocabulary_of(api: Api) -> Vocabulary:
    """The vocabulary of an OpenAPI document of the Worker API."""
    schemas = _task_schemas(api.document)
    return Vocabulary(
        operations=tuple(api.operations),
        operations_with_body=tuple(
            name for name, operation in api.operations.items() if operation.body_validator is not None
        ),
        operations_with_id=tuple(
            name for name, operation in api.operations.items() if operation.path_parameters
        ),
        task_statuses=api.enumeration("TaskStatus"),
        server_statuses=_server_statuses(api.document.root["components"]["securitySchemes"]),
        task_schemas=schemas,
        task_fields={name: api.document.validator(schema) for name, schema in schemas.items()},
    )


@cache
def api_vocabulary() -> Vocabulary:
    """The vocabulary of the OpenAPI document that comes with the kit."""
    return vocabulary_of(worker_api())


def _server_statuses(schemes: Json) -> tuple[str, ...]:
    return tuple(status for scheme in schemes.values() for status in scheme.get("x-server-statuses", ()))


def _task_schemas(document: Document) -> dict[str, Json]:
    """The schema of each field of a task.

    Some fields are only in the schema of updates. Such a field is null until an update sets it, so its
    schema also allows null.
    """
    schemas = document.root["components"]["schemas"]
    updated: Json = schemas["TaskUpdate"]["properties"]
    unset = {name: {"anyOf": [schema, {"type": "null"}]} for name, schema in updated.items()}
    properties = {**unset, **schemas["Task"]["properties"]}
    return {
        name: _resolved(document, schema) for name, schema in properties.items() if name not in _SET_BY_WORLD
    }


def _resolved(document: Document, value: Any) -> Any:
    """A schema of the document without references and without OpenAPI extensions."""
    if isinstance(value, list):
        return [_resolved(document, item) for item in value]
    if not isinstance(value, dict):
        return value
    followed = {**document.follow({"$ref": value["$ref"]}), **value} if "$ref" in value else value
    return {
        name: _resolved(document, part)
        for name, part in followed.items()
        if name != "$ref" and not name.startswith("x-")
    }
