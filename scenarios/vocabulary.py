"""The words of the API that a scenario may use, as the spec has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema_rs

from workerkit.openapi.api import Api, worker_api
from workerkit.openapi.document import Json
from workerkit.openapi.flaw import first_flaw
from workerkit.scenarios.kinds import ANY, Kind
from workerkit.scenarios.record import Words

# The world's clock says when, and only the world knows the ids of its requests.
_THE_WORLDS_OWN = ("created_at", "started_at", "request_id")


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Operations, statuses, and the fields of a task that a scenario may set."""

    operations: tuple[str, ...]
    task_statuses: tuple[str, ...]
    server_statuses: tuple[str, ...]
    task_fields: Mapping[str, jsonschema_rs.Validator]

    def flaw_of_task_field(self, name: str, value: Any) -> str | None:
        """What is wrong with the value of a field of a task, or None; the field must be one."""
        validator = self.task_fields[name]
        return None if validator.is_valid(value) else first_flaw(validator, value, name).message

    def words(self, servers: Iterable[str]) -> Words:
        """The words that values are chosen from in a world with these servers."""
        return Words(
            {
                Kind.OPERATION: (ANY, *self.operations),
                Kind.SERVER_STATUS: self.server_statuses,
                Kind.SERVER: tuple(servers),
            }
        )


def vocabulary_of(api: Api) -> Vocabulary:
    """The words of a spec of the Worker API."""
    return Vocabulary(
        operations=tuple(api.operations),
        task_statuses=api.enumeration("TaskStatus"),
        server_statuses=_server_statuses(api.document.root["components"]["securitySchemes"]),
        task_fields=_task_fields(api),
    )


@cache
def documented() -> Vocabulary:
    """The words of the spec that comes with the kit."""
    return vocabulary_of(worker_api())


def _server_statuses(schemes: Json) -> tuple[str, ...]:
    return tuple(status for scheme in schemes.values() for status in scheme.get("x-server-statuses", ()))


def _task_fields(api: Api) -> dict[str, jsonschema_rs.Validator]:
    properties = api.document.root["components"]["schemas"]["Task"]["properties"]
    return {
        name: api.document.validator(schema)
        for name, schema in properties.items()
        if name not in _THE_WORLDS_OWN
    }
