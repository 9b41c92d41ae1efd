"""The four operations that change a task, and how each of them sends fields."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workerkit.contracts.fields.texts import has_surrogate
from workerkit.contracts.page import lenient_spec
from workerkit.contracts.relations.listed_tasks import LINK_FIELDS
from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.contracts.run.context import RunContext
from workerkit.contracts.target.plan import Writes
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import link_id_of
from workerkit.openapi.formats.strict_json import objects_in

# The API page says: the error message, when failed. So a server may refuse it for a task that has not failed.
MAY_BE_REFUSED = frozenset({"error_message"})
_LISTED_FIELDS = ("status", *LINK_FIELDS)


@dataclass(frozen=True, slots=True)
class UpdateOperation:
    """One operation that changes a task.

    title: the method and the path, as on the API page.
    rule: the rule that says that it works.
    owner_rule: the rule that says what happens to a task of another server.
    status_rule: the rule that says that the new status is stored.
    schema: the schema with its fields.
    is_batch: True for the bulk update, which takes a list of items.
    """

    title: str
    rule: str
    owner_rule: str
    status_rule: str
    schema: str
    is_batch: bool = False

    @property
    def fields(self) -> tuple[str, ...]:
        """All its fields except `link_id`, in the order of the API page."""
        return tuple(name for name in _properties(self.schema) if name != "link_id")

    def fields_for(self, context: RunContext) -> tuple[str, ...]:
        """The fields that the run may change. In a sandbox, only those that a list shows."""
        if context.writes is Writes.ALL:
            return self.fields
        return tuple(name for name in self.fields if name in _LISTED_FIELDS)

    def text_fields(self, context: RunContext) -> tuple[str, ...]:
        """Like `fields_for`, but only the fields that accept any text."""
        return tuple(filter(self.takes_any_text, self.fields_for(context)))

    def takes_any_text(self, field: str) -> bool:
        """True if this field of the operation accepts any text."""
        kind: object = _properties(self.schema)[field].get("type")
        return kind == "string"

    def request(self, task_id: str, fields: Mapping[str, Any]) -> tuple[str, str, Any]:
        """The method, the path and the body that send these fields for one task."""
        if self.is_batch:
            return "PUT", "/tasks/bulk", {"items": [{"link_id": task_id, **fields}]}
        method, path = self.title.split()
        if ":id" in path:
            return method, path.replace(":id", task_id), dict(fields)
        return method, path, {"link_id": task_id, **fields}

    def send(self, context: RunContext, task_id: str, fields: Mapping[str, Any]) -> Exchange:
        """Sends these fields for one task."""
        method, path, body = self.request(task_id, fields)
        return context.client.send(method, path, sendable(body))

    def has_updated(self, exchange: Exchange, task_id: str) -> bool:
        """True if the answer says that this task was updated."""
        return exchange.accepted and (not self.is_batch or task_id.lower() in updated_ids(exchange))


PUT = UpdateOperation("PUT /tasks/:id", "update", "update-own-only", "update-status", "TaskUpdate")
BULK = UpdateOperation("PUT /tasks/bulk", "bulk", "bulk-foreign", "bulk-results", "TaskUpdate", is_batch=True)
LINK_UPDATE = UpdateOperation(
    "POST /callback/link/update", "link-update", "update-own-only", "link-update", "LinkUpdate"
)
LINK_COMPLETE = UpdateOperation(
    "POST /callback/link/complete", "link-complete", "update-own-only", "link-complete", "LinkCompletion"
)


def updated_ids(exchange: Exchange) -> frozenset[str]:
    """The ids, in lower case, of the items that a bulk update says it has updated."""
    results = objects_in(ParsedExchange(exchange).answer_json, "results")
    return frozenset(str(link_id_of(result)).lower() for result in results if result.get("success") is True)


def sendable(body: Any) -> Any:
    """The body. If it has a lone surrogate: the JSON text as bytes, because strict JSON cannot write it."""
    return json.dumps(body).encode() if has_surrogate(body) else body


def _properties(schema: str) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = lenient_spec.strict_spec().root["components"]["schemas"][schema][
        "properties"
    ]
    return properties
