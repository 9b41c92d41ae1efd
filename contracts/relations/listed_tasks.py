"""Functions for the tasks in an answer to GET /tasks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from workerkit.contracts.relations.parsed_exchange import ParsedExchange
from workerkit.openapi.exchange import Exchange
from workerkit.openapi.exchange_reader import tasks_of, total_of

Task = dict[str, Any]
LINK_FIELDS = ("link_profile", "link_post")


def tasks_in(exchange: Exchange) -> list[Task]:
    """The tasks in an answer to GET /tasks. An empty list for any other answer."""
    return (tasks_of(ParsedExchange(exchange).answer_json) if exchange.accepted else None) or []


def usable_tasks_in(exchange: Exchange) -> list[Task]:
    """The tasks in an answer that a test can use. They have an id, a status and a request id."""
    needed = ("id", "status", "request_id")
    return [task for task in tasks_in(exchange) if all(isinstance(task.get(name), str) for name in needed)]


def total_in(exchange: Exchange) -> int:
    """The field `total` of an answer to GET /tasks. It is -1 for any other answer."""
    total = total_of(ParsedExchange(exchange).answer_json)
    return total if isinstance(total, int) else -1


def next_status(status: str) -> str:
    """The status after this one in the flow: pending → queued → running → completed."""
    return {"pending": "queued", "queued": "running"}.get(status, "completed")


def statuses_until(task: Task, end: str) -> Iterator[str]:
    """The next statuses of the task in the flow. The last one is `end`, not completed."""
    status = next_status(str(task["status"]))
    while status != "completed":
        yield status
        status = next_status(status)
    yield end
