"""Reads what an exchange carries: tasks, ids, pages and totals."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl

from workerkit.openapi.exchange import Exchange
from workerkit.openapi.formats.strict_json import objects_in
from workerkit.openapi.spec.api import worker_api

Json = Mapping[str, Any]

# What concerns one task, and is refused where that is another server's.
ABOUT_A_TASK = ("updateTask", "updateLink", "completeLink")


def key_of(exchange: Exchange) -> str:
    """The key that a request came with; empty for none."""
    return exchange.header(worker_api().key_header) or ""


def server_told(exchange: Exchange) -> Json:
    """What an answer says of the server whose key the request came with; empty for nothing."""
    answer = exchange.answered() if exchange.accepted else None
    told = answer.get("data") if exchange.operation == "heartbeat" and isinstance(answer, dict) else answer
    return told if isinstance(told, dict) and "server_name" in told else {}


def page_of(exchange: Exchange) -> list[Json] | None:
    """The tasks that an answer lists; None where it lists none."""
    answer = exchange.answered() if exchange.operation == "listTasks" and exchange.accepted else None
    if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
        return None
    return [task for task in objects_in(answer, "data") if isinstance(task.get("id"), str)]


def cursor_of(exchange: Exchange) -> str | None:
    """The id that a list was asked to begin behind."""
    return dict(parse_qsl(exchange.query, keep_blank_values=True)).get("after")


def tasks_told(exchange: Exchange) -> Iterator[tuple[str, bool]]:
    """The tasks that an answer says are there, and whether they are the server's own."""
    if exchange.operation == "bulkUpdateTasks" and exchange.accepted:
        for result in objects_in(exchange.answered(), "results"):
            own = result.get("success") is True
            if own or result.get("error") == worker_api().error_code(403):
                yield str(result.get("link_id")).lower(), own
    elif exchange.operation in ABOUT_A_TASK and (exchange.accepted or exchange.status == 403):
        match = worker_api().match(exchange.method, exchange.path)
        task_id = match.operation.subject_id(match.path_values, exchange.request_body)
        if task_id is not None:
            yield task_id.lower(), exchange.accepted


def statuses_set(exchange: Exchange) -> dict[str, str]:
    """The statuses that an exchange gave to tasks, by their ids."""
    own = [task_id for task_id, was_own in tasks_told(exchange) if was_own]
    sent = exchange.sent() if own else None
    if not isinstance(sent, dict):
        return {}
    if exchange.operation == "completeLink":
        return dict.fromkeys(own, "completed")
    items = objects_in(sent, "items") if exchange.operation == "bulkUpdateTasks" else []
    given = {str(each.get("link_id")).lower(): each.get("status") for each in items}
    statuses = {task_id: given.get(task_id, sent.get("status")) for task_id in own}
    return {task_id: status for task_id, status in statuses.items() if isinstance(status, str)}
